"""Terms and formulas: immutable, sorted, exact, and never evaluated.

Meaning. A fixed variable is a real number, a vector or a linear map; a random variable is a
measurable function on one probability space, finite everywhere; ``E[f; B]`` integrates ``f`` over
the joint law of the variables in ``B`` with all others held fixed, so that nested expectations use
the product of the laws. A term is a real number, or +∞ (an expectation, ψ-norm or supremum may be,
and sums, positive multiples, powers and exponentials of one then are), or undefined; it is a real
number only if all its parts outside binders are. A formula is true only if its terms are defined;
with free random variables it holds almost surely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, Never

__all__ = [
    "E", "Function", "P", "Refused", "Sequent", "Term", "absolute", "count", "eq", "every",
    "exp", "finite", "fixed", "function", "independent", "indicator", "inner", "is_net", "log",
    "matrix", "maximum", "mean", "member", "nearest", "norm", "number", "points", "pole", "psi",
    "random", "random_vector", "root", "sample", "sphere", "sqrt", "standard_normal",
    "substitute", "sup", "vector",
]  # fmt: skip

RANDOM = ("random", "sample")
RELATIONS = ("le", "lt", "eq")


class Refused(Exception):
    """The kernel does not accept this: the message says which condition fails."""


class Term:
    """A node: ``op``, its arguments, and what else belongs to the node (names, bound variables).

    A variable's kind is fixed, count, random, sample, or mark (a bound variable's placeholder).
    """

    __slots__ = ("_hash", "args", "data", "free", "mentioned", "op", "sort")
    _hash: int
    op: str
    args: tuple[Term, ...]
    data: Any
    sort: str
    free: frozenset[Term]
    mentioned: frozenset[Any]

    def __init__(self, op: str, args: tuple[Term, ...] = (), data: Any = None) -> None:
        if type(op) is not str or not _plain(data):
            raise Refused(f"{op}: {data!r} has parts that are not the kernel's")
        if type(args) is not tuple or not all(type(a) is Term for a in args):
            raise Refused(f"{op}: arguments must be terms, got {args!r}")
        put = object.__setattr__
        put(self, "op", op)
        put(self, "args", args)
        put(self, "data", data)
        put(self, "_hash", hash((op, args, data)))
        put(self, "sort", _sort(op, args, data))
        free = frozenset[Term]().union(*(a.free for a in args))
        seen: frozenset[Any] = frozenset().union(*(a.mentioned for a in args))
        if op == "var":
            free = frozenset({self})
            seen = free | frozenset(d for d in data if isinstance(d, Term))
        if op == "app":
            seen = seen | {data}
        bound = binds(self)
        if op == "mean":
            free, seen = (free - {bound[0]}) | {data[1]}, seen | data[1].mentioned
        elif op == "indep":
            free = free | frozenset(bound)
        else:
            free = free - frozenset(bound)
        put(self, "free", free)
        put(self, "mentioned", seen | frozenset(bound))
        _check_binder(self)

    def __setattr__(self, name: str, value: object = None) -> Never:
        raise AttributeError("a term never changes")

    __delattr__ = __setattr__

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(other) is Term
            and self._hash == other._hash
            and (self.op, self.args, self.data) == (other.op, other.args, other.data)
        )

    @property
    def kind(self) -> str:
        """Of a variable: fixed, count, random or sample."""
        return str(self.data[1])

    @property
    def random(self) -> frozenset[Term]:
        """The free random variables."""
        return frozenset(v for v in self.free if v.kind in RANDOM)

    def __add__(self, other: Any) -> Term:
        return Term("add", (self, number(other)))

    def __radd__(self, other: Any) -> Term:
        return Term("add", (number(other), self))

    def __sub__(self, other: Any) -> Term:
        return Term("sub", (self, number(other)))

    def __rsub__(self, other: Any) -> Term:
        return Term("sub", (number(other), self))

    def __neg__(self) -> Term:
        return Term("neg", (self,))

    def __mul__(self, other: Any) -> Term:
        return Term("mul", (self, number(other)))

    def __rmul__(self, other: Any) -> Term:
        return Term("mul", (number(other), self))

    def __truediv__(self, other: Any) -> Term:
        return Term("div", (self, number(other)))

    def __rtruediv__(self, other: Any) -> Term:
        return Term("div", (number(other), self))

    def __pow__(self, n: int) -> Term:
        return 1 / Term("pow", (self,), -n) if type(n) is int and n < 0 else Term("pow", (self,), n)

    def __abs__(self) -> Term:
        return Term("abs", (self,))

    def __matmul__(self, other: Term) -> Term:
        return Term("apply", (self, other))

    @property
    def T(self) -> Term:
        """The adjoint of a linear map."""
        return self.args[0] if self.op == "adjoint" else Term("adjoint", (self,))

    def __le__(self, other: Any) -> Term:
        return Term("le", (self, number(other)))

    def __ge__(self, other: Any) -> Term:
        return Term("le", (number(other), self))

    def __lt__(self, other: Any) -> Term:
        return Term("lt", (self, number(other)))

    def __gt__(self, other: Any) -> Term:
        return Term("lt", (number(other), self))

    def __bool__(self) -> Never:
        raise TypeError(f"a term has no truth value (chained comparison?): {self!r}")

    def __repr__(self) -> str:
        return _text(self)


class Function:
    """A measurable function symbol; ``sort`` is R or the space of its values."""

    __slots__ = ("latex", "name", "sort")
    latex: str
    name: str
    sort: str

    def __init__(self, name: str, sort: str, latex: str) -> None:
        if any(type(s) is not str for s in (name, sort, latex)) or not name.isidentifier():
            raise Refused(f"a function needs a name, a sort and LaTeX, got {name!r}")
        if sort != "R" and sort[:2] != "V:":
            raise Refused(f"{name}: values must be numbers or vectors, got {sort!r}")
        for slot, value in (("name", name), ("sort", sort), ("latex", latex)):
            object.__setattr__(self, slot, value)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a function symbol never changes")

    def __eq__(self, other: object) -> bool:
        return type(other) is Function and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.name, self.sort, self.latex)

    def __call__(self, *args: Any) -> Term:
        return Term("app", tuple(number(a) for a in args), self)

    def __repr__(self) -> str:
        return self.name


class Sequent:
    """Hypotheses and the conclusion that they entail."""

    __slots__ = ("conclusion", "hypotheses")
    conclusion: Term
    hypotheses: tuple[Term, ...]

    def __init__(self, hypotheses: Iterable[Term], conclusion: Term) -> None:
        hypotheses = tuple(dict.fromkeys(hypotheses))
        for formula in (*hypotheses, conclusion):
            if type(formula) is not Term or formula.sort != "prop":
                raise Refused(f"a formula was expected, got {formula!r}")
        object.__setattr__(self, "hypotheses", hypotheses)
        object.__setattr__(self, "conclusion", conclusion)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a sequent never changes")

    def __eq__(self, other: object) -> bool:
        return type(other) is Sequent and (set(self.hypotheses), self.conclusion) == (
            set(other.hypotheses),
            other.conclusion,
        )

    def __hash__(self) -> int:
        return hash((frozenset(self.hypotheses), self.conclusion))

    def __repr__(self) -> str:
        return f"{', '.join(map(repr, self.hypotheses))} ⊢ {self.conclusion!r}"


def _plain(data: Any) -> bool:
    """Nothing that may change, or may claim to be equal to something else."""
    if type(data) is tuple:
        return all(map(_plain, data))
    return type(data) in (type(None), str, int, Fraction, Term, Function)


# --- sorts -------------------------------------------------------------------------------------


def _sort(op: str, args: tuple[Term, ...], data: Any) -> str:
    """The sort of a node: R, prop, sample, a space ``V:d``, a set ``S:d`` or a map ``M:q:d``."""
    sorts = [a.sort for a in args]
    head = sorts[0] if sorts else "-"
    scalar = bool(sorts) and all(s == "R" for s in sorts)
    if op == "num" and not args and type(data) is Fraction:
        return "R"
    if op == "var" and not args:
        return _variable_sort(data)
    if op in ("add", "sub") and len(args) == 2 and sorts[0] == sorts[1] and head[0] in "RV":
        return head
    if op == "neg" and len(args) == 1 and head[0] in "RV":
        return head
    if op == "mul" and len(args) == 2 and head == "R" and sorts[1][0] in "RV":
        return sorts[1]
    if op == "div" and len(args) == 2 and sorts[1] == "R" and head[0] in "RV":
        return head
    if (op, len(args)) in {("max", 2), ("exp", 1), ("log", 1), ("abs", 1)} and scalar:
        return "R"
    if op == "pow" and len(args) == 1 and scalar and type(data) is int and data >= 0:
        return "R"
    if op == "root" and len(args) == 1 and scalar and type(data) is int and data >= 2:
        return "R"
    if op == "inner" and len(args) == 2 and head[0] == "V" and sorts[1] == head:
        return "R"
    if op == "norm" and len(args) == 1 and head[0] == "V":
        return "R"
    if op == "adjoint" and len(args) == 1 and head[0] == "M":
        return "M:{2}:{1}".format(*head.split(":"))
    if op == "apply" and len(args) == 2 and head[0] == "M" and head.split(":")[2] == sorts[1][2:]:
        return "V:" + head.split(":")[1]
    if op == "app" and type(data) is Function and args and all(s[0] in "RV" for s in sorts):
        return data.sort
    if op in ("E", "psi", "mean") and len(args) == 1 and scalar:
        return "R"
    if op == "sup" and len(args) == 1 + len(data) and head == "R":
        return "R"
    if op == "ind" and len(args) == 1 and args[0].op in RELATIONS:
        return "R"
    if op == "near" and len(args) == 2 and head[0] == "S" and sorts[1] == "V" + head[1:]:
        return sorts[1]
    if op in ("sphere", "pole") and not args:
        return ("S:" if op == "sphere" else "V:") + str(data)
    if op in RELATIONS and len(args) == 2 and scalar:
        return "prop"
    if op == "finite" and len(args) == 1 and scalar:
        return "prop"
    if op == "member" and len(args) == 2 and head[0] == "V" and sorts[1] == "S" + head[1:]:
        return "prop"
    if op == "net" and len(args) == 2 and head[0] == "S" and args[0].op == "var":
        return "prop" if sorts[1] == "R" else _ill(op, args)
    if op in ("indep", "normal") and len(args) == (op == "normal") and (scalar or not args):
        return "prop"
    if op == "every" and len(args) == 1 and head == "prop":
        return "prop"
    return _ill(op, args)


def _variable_sort(data: Any) -> str:
    """The sort of a variable: name, kind, sort, LaTeX; of a sample also its law and size."""
    if type(data) is not tuple or len(data) < 4:
        raise Refused(f"a variable needs name, kind, sort and LaTeX, got {data!r}")
    name, kind, sort, _, *law = data
    kinds = {"fixed": "RVMS", "mark": "RV", "count": "R", "random": "RV", "sample": "s"}
    if not name.isidentifier() or sort[:1] not in tuple(kinds.get(kind, "")):
        raise Refused(f"{name!r}: a name must be an identifier, and {kind} of sort {sort} exist")
    kept = [type(v) is Term and v.op == "var" and v.kind for v in law]
    if kept != (["random", "count"] if kind == "sample" else []):
        raise Refused(f"{name}: a sample is of a random variable, and its size a count")
    return str(sort)


def _ill(op: str, args: tuple[Term, ...]) -> Never:
    raise Refused(f"{op} does not apply to {[f'{a!r} : {a.sort}' for a in args]}")


def binds(term: Term) -> tuple[Term, ...]:
    """The variables that a node binds (of an independence: those in its groups)."""
    match term.op:
        case "E" | "sup" | "every":
            return tuple(term.data)
        case "psi":
            return tuple(term.data[1])
        case "mean":
            return (term.data[0],)
        case "indep":
            return tuple(v for group in term.data for v in group)
    return ()


def _check_binder(term: Term) -> None:
    if term.op not in ("E", "psi", "mean", "sup", "every", "indep"):
        return
    bound = binds(term)
    if not bound and term.op not in ("E", "psi"):  # these two may be taken over no variable
        raise Refused(f"{term.op} needs a variable to bind")
    if len(set(bound)) != len(bound):
        raise Refused(f"{term.op} names a variable twice: {bound}")
    wanted = ("fixed",) if term.op in ("sup", "every") else RANDOM
    if any(v.kind not in wanted for v in bound):
        raise Refused(f"{term.op} binds {' or '.join(wanted)} variables, got {bound}")
    if term.op in ("sup", "every") and term.random:
        raise Refused(f"{term.op} over a body with random variables {set(term.random)}")
    if term.op == "psi" and term.data[0] not in (1, 2):
        raise Refused(f"psi: p must be 1 or 2, got {term.data[0]}")
    if term.op == "indep" and (len(term.data) < 2 or not all(term.data)):
        raise Refused("independent needs at least two groups of variables")
    if term.op == "sup":
        sets = term.args[1:]
        if any("V" + s.sort[1:] != z.sort for z, s in zip(bound, sets, strict=True)):
            raise Refused(f"sup: each of {bound} needs a set of its own space")
    if term.op == "mean":
        omega, draws = term.data
        if draws.kind != "sample" or draws.data[4] != omega or draws in term.args[0].mentioned:
            raise Refused(f"mean: {draws!r} must be a sample of {omega!r}, not used in the summand")


# --- constructors ------------------------------------------------------------------------------


def number(value: Any) -> Term:
    """A term as it is, an int or Fraction as an exact number; anything else is refused."""
    if type(value) is Term:
        return value
    if type(value) in (int, Fraction):
        return Term("num", (), Fraction(value))
    raise TypeError(f"a term, an int or a Fraction was expected, got {value!r}")


def _variable(name: str, kind: str, sort: str, latex: str | None, *more: Term) -> Term:
    return Term("var", (), (name, kind, sort, latex or _greek(name), *more))


def fixed(name: str, latex: str | None = None) -> Term:
    """A fixed real number."""
    return _variable(name, "fixed", "R", latex)


def count(name: str, latex: str | None = None) -> Term:
    """A fixed integer, at least 1."""
    return _variable(name, "count", "R", latex)


def vector(name: str, space: str, latex: str | None = None) -> Term:
    """A fixed vector of the named space."""
    return _variable(name, "fixed", "V:" + space, latex)


def matrix(name: str, rows: str, columns: str, latex: str | None = None) -> Term:
    """A fixed linear map from the space ``columns`` to the space ``rows``."""
    return _variable(name, "fixed", f"M:{rows}:{columns}", latex)


def points(name: str, space: str, latex: str | None = None) -> Term:
    """A fixed set of points of the named space."""
    return _variable(name, "fixed", "S:" + space, latex)


def random(name: str, latex: str | None = None) -> Term:
    """A random variable; its law is what the hypotheses say."""
    return _variable(name, "random", "R", latex)


def random_vector(name: str, space: str, latex: str | None = None) -> Term:
    """A random vector of the named space."""
    return _variable(name, "random", "V:" + space, latex)


def sample(name: str, of: Term, size: Term, latex: str | None = None) -> Term:
    """``size`` (a count) independent copies of the random variable ``of``."""
    return _variable(name, "sample", "sample", latex, of, size)


def function(name: str, space: str | None = None, latex: str | None = None) -> Function:
    """A measurable function symbol with real values, or with values in the named space."""
    return Function(name, "R" if space is None else "V:" + space, latex or _greek(name))


def _unary(op: str) -> Callable[[Any], Term]:
    return lambda value: Term(op, (number(value),))


exp, log, absolute = _unary("exp"), _unary("log"), _unary("abs")
norm, indicator, finite = _unary("norm"), _unary("ind"), _unary("finite")
standard_normal = _unary("normal")


def root(value: Any, n: int) -> Term:
    """The n-th root, n ≥ 2, of a term that must be shown non-negative."""
    return Term("root", (number(value),), n)


def sqrt(value: Any) -> Term:
    """The square root."""
    return root(value, 2)


def maximum(a: Any, b: Any) -> Term:
    """The larger of two."""
    return Term("max", (number(a), number(b)))


def inner(u: Term, v: Term) -> Term:
    """The scalar product of two vectors of one space."""
    return Term("inner", (u, v))


def eq(a: Any, b: Any) -> Term:
    """The formula a = b."""
    return Term("eq", (number(a), number(b)))


def _laws(body: Term, over: tuple[Term, ...]) -> tuple[Term, ...]:
    return tuple(sorted(over or body.random, key=repr))


def E(body: Any, *over: Term) -> Term:
    """The expectation over the joint law of ``over`` (default: all free random variables)."""
    body = number(body)
    return Term("E", (body,), _laws(body, over))


def P(event: Term, *over: Term) -> Term:
    """The probability of a relation: the expectation of its indicator."""
    return E(indicator(event), *over)


def psi(p: int, body: Term, *over: Term) -> Term:
    """The ψ_p norm, the infimum of t > 0 with E exp(|body|^p/t^p) ≤ 2 (∞ if there is none)."""
    return Term("psi", (body,), (p, _laws(body, over)))


def mean(body: Term, omega: Term, draws: Term) -> Term:
    """The average of ``body`` over the sample ``draws`` of ``omega``."""
    return Term("mean", (body,), (omega, draws))


def sup(body: Term, *over: tuple[Term, Term]) -> Term:
    """The supremum of ``body`` over pairs (vector variable, set)."""
    return Term("sup", (body, *(s for _, s in over)), tuple(z for z, _ in over))


def sphere(space: str) -> Term:
    """The unit sphere of the named space."""
    return Term("sphere", (), space)


def pole(space: str) -> Term:
    """Some point of the unit sphere of the named space."""
    return Term("pole", (), space)


def member(v: Term, of: Term) -> Term:
    """The formula v ∈ of."""
    return Term("member", (v, of))


def is_net(net: Term, fineness: Any) -> Term:
    """The formula: ``net`` ⊂ unit sphere, and each point of the sphere is within ``fineness``."""
    return Term("net", (net, number(fineness)))


def nearest(net: Term, v: Term) -> Term:
    """A nearest point of ``net`` (of an arbitrary value off the sphere)."""
    return Term("near", (net, v))


def independent(*groups: Term | tuple[Term, ...]) -> Term:
    """The formula: the groups of random variables are mutually independent."""
    whole = (g if isinstance(g, tuple) else (g,) for g in groups)
    return Term("indep", (), tuple(sorted((tuple(sorted(g, key=repr)) for g in whole), key=repr)))


def every(over: tuple[Term, ...], formula: Term) -> Term:
    """The formula, for all values of the fixed variables ``over``."""
    return Term("every", (formula,), over)


# --- substitution ------------------------------------------------------------------------------


def substitute(term: Term, image: Mapping[Term, Term]) -> Term:
    """Replace variables at once, inside expectations too; a capture is refused.

    A random variable stands for a law: where it is bound, the random variables of its image are
    bound in its place.
    """
    if not image or not term.mentioned & image.keys():
        return term
    if term.op == "var":
        return image.get(term, term)
    bound = frozenset(binds(term))
    if term.op == "indep":
        groups = [[w for v in g for w in image.get(v, v).random] for g in term.data]
        return independent(*(tuple(dict.fromkeys(g)) for g in groups))
    if term.op in ("sup", "every"):
        image = {v: t for v, t in image.items() if v not in bound}
        renamed = bound
    elif term.op in ("E", "psi"):
        renamed = frozenset(w for v in bound for w in image.get(v, v).random)
    else:
        renamed = bound
    outside = frozenset[Term]().union(
        *(image.get(v, v).free for a in term.args for v in a.free - bound)
    )
    if renamed & outside:
        raise Refused(f"capture of {set(renamed & outside)} in {term!r}")
    args = tuple(substitute(a, image) for a in term.args)
    ordered = tuple(sorted(renamed, key=repr))
    if term.op == "E":
        return Term("E", args, ordered)
    if term.op == "psi":
        return Term("psi", args, (term.data[0], ordered))
    return Term(term.op, args, term.data)


# --- display -----------------------------------------------------------------------------------

_GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
    ]
)
_LEVEL = {"le": 0, "lt": 0, "eq": 0, "member": 0, "add": 1, "sub": 1, "neg": 1, "mul": 2, "div": 2}


def _greek(name: str) -> str:
    return "\\" + name if name in _GREEK else name


def _text(t: Term) -> str:
    """Plain text, unambiguous."""
    flat = [_text(a) for a in t.args]
    tight = (_LEVEL.get(a.op, 9) > 2 for a in t.args)
    parts = [text if atom else f"({text})" for text, atom in zip(flat, tight, strict=True)]
    infix = {"add": "+", "sub": "-", "mul": "*", "div": "/", "apply": "@", "le": "<=", "lt": "<"}
    infix |= {"eq": "=", "member": "in"}
    match t.op:
        case "num":
            return str(t.data) if t.data >= 0 and t.data.denominator == 1 else f"({t.data})"
        case "var":
            return str(t.data[0])
        case "pow":
            return f"{parts[0]}^{t.data}"
        case "E":
            return f"E[{flat[0]}; {', '.join(map(repr, t.data))}]"
        case "psi":
            return f"psi{t.data[0]}[{flat[0]}; {', '.join(map(repr, t.data[1]))}]"
        case "mean":
            return f"mean[{flat[0]}; {t.data[0]!r} in {t.data[1]!r}]"
        case "sup":
            over = (f"{z!r} in {s}" for z, s in zip(t.data, flat[1:], strict=True))
            return f"sup[{flat[0]}; {', '.join(over)}]"
        case "every":
            return f"every[{', '.join(map(repr, t.data))}; {flat[0]}]"
        case "indep":
            return f"independent{t.data!r}"
    if t.op in infix:
        return f" {infix[t.op]} ".join(parts)
    name = {
        "app": repr(t.data),
        "root": f"root{t.data}",
        "sphere": f"sphere_{t.data}",
        "pole": f"pole_{t.data}",
    }
    return f"{name.get(t.op, t.op)}({', '.join(flat)})" if flat else name[t.op]
