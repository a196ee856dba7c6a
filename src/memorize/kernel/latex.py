"""Terms and formulas as LaTeX. Nothing is proved here, but what is proved is read here."""

from __future__ import annotations

from memorize.kernel.terms import Term

__all__ = ["bare", "latex"]

_RELATION = {"le": r"\le", "lt": "<", "eq": "=", "member": r"\in"}
_ADD, _MUL, _POW, _ATOM = 1, 2, 3, 9
_LEVEL = {"add": _ADD, "sub": _ADD, "neg": _ADD, "mul": _MUL, "pow": _POW, "exp": _POW}


def latex(t: Term) -> str:
    """The LaTeX of a term or formula, without delimiters, exponents 1 and coefficients 1."""
    t = bare(t)
    a = t.args
    match t.op:
        case "num":
            n, d = t.data.numerator, t.data.denominator
            return str(n) if d == 1 else ("-" if n < 0 else "") + rf"\tfrac{{{abs(n)}}}{{{d}}}"
        case "var":
            return str(t.data[3])
        case "add":
            return f"{latex(a[0])} + {_in(a[1], _ADD + (a[1].op == 'neg'))}"
        case "sub":
            return f"{latex(a[0])} - {_in(a[1], _ADD + 1)}"
        case "neg":
            return f"-{_in(a[0], _ADD + 1)}"
        case "mul":
            return _product(a[0], a[1])
        case "div":
            if a[0].sort != "R":
                return rf"\tfrac{{1}}{{{latex(a[1])}}}\,{_in(a[0], _MUL)}"
            return rf"\frac{{{latex(a[0])}}}{{{latex(a[1])}}}"
        case "pow":
            base = bare(a[0])
            if base.op in ("norm", "abs", "var") or (base.op == "num" and base.data >= 0):
                return f"{{{latex(a[0])}}}^{{{t.data}}}"
            return rf"\left({latex(a[0])}\right)^{{{t.data}}}"
        case "root":
            index = "" if t.data == 2 else f"[{t.data}]"
            return rf"\sqrt{index}{{{latex(a[0])}}}"
        case "exp":
            inside = latex(a[0])
            return f"e^{{{inside}}}" if len(inside) < 14 else rf"\exp\left({inside}\right)"
        case "log":
            return rf"\ln {_in(a[0], _ATOM)}"
        case "abs":
            return rf"\left|{latex(a[0])}\right|"
        case "max":
            return rf"\max\left({latex(a[0])}, {latex(a[1])}\right)"
        case "inner":
            return rf"\left\langle {latex(a[0])}, {latex(a[1])}\right\rangle"
        case "norm":
            return rf"\left\|{latex(a[0])}\right\|"
        case "apply":
            return _product(a[0], a[1])
        case "adjoint":
            return rf"{latex(a[0])}^{{\top}}"
        case "app":
            return rf"{t.data.latex}({', '.join(map(latex, a))})"
        case "E" if a[0].op == "ind":
            return rf"\Pr\left({latex(a[0].args[0])}\right)"
        case "E":
            laws = ",".join(map(latex, t.data))
            return rf"\mathbb{{E}}_{{{laws}}}\left[{latex(a[0])}\right]"
        case "psi":
            return rf"\left\|{latex(a[0])}\right\|_{{\psi_{t.data[0]}}}"
        case "mean":
            omega, draws = t.data
            return (
                rf"\frac{{1}}{{{latex(draws.data[5])}}}\sum_{{{latex(omega)} \in {latex(draws)}}}"
                rf" {_in(a[0], _MUL)}"
            )
        case "sup":
            over = ", ".join(
                rf"{latex(z)} \in {latex(s)}" for z, s in zip(t.data, a[1:], strict=True)
            )
            return rf"\sup_{{{over}}} {_in(a[0], _MUL)}"
        case "ind":
            return rf"\mathbf{{1}}\left\{{{latex(a[0])}\right\}}"
        case "sphere":
            return rf"S^{{{t.data}-1}}"
        case "pole":
            return rf"e_{{{t.data}}}"
        case "near":
            return rf"\pi_{{{latex(a[0])}}}({latex(a[1])})"
        case "finite":
            return rf"{latex(a[0])} < \infty"
        case "net":
            return rf"{latex(a[0])} \text{{ is a }}{latex(a[1])}\text{{-net of the sphere}}"
        case "normal":
            return rf"{latex(a[0])} \sim N(0, 1)"
        case "indep":
            groups = (
                latex(g[0]) if len(g) == 1 else f"({', '.join(map(latex, g))})" for g in t.data
            )
            return rf"{', '.join(groups)} \text{{ independent}}"
        case "every":
            return rf"\forall {', '.join(map(latex, t.data))}\colon\ {latex(a[0])}"
    return f"{latex(a[0])} {_RELATION[t.op]} {latex(a[1])}"


def bare(t: Term) -> Term:
    """The term without exponents and coefficients 1."""
    while True:
        match t.op:
            case "pow" if t.data == 1:
                t = t.args[0]
            case "mul" if t.args[0].op == "num" and t.args[0].data == 1:
                t = t.args[1]
            case _:
                return t


def _in(t: Term, level: int) -> str:
    """A part, in brackets if it binds less tightly than ``level``."""
    t = bare(t)
    own = _LEVEL.get(t.op, _MUL if t.op in ("sup", "mean", "log", "apply") else _ATOM)
    if t.op == "num" and t.data < 0:
        own = _ADD
    return latex(t) if own >= level else rf"\left({latex(t)}\right)"


def _product(a: Term, b: Term) -> str:
    """A product: a dot where juxtaposition would be misread."""
    left, right = _in(a, _MUL), _in(b, _MUL)
    digits = right[0].isdigit() or right.startswith(r"\tfrac") or right.startswith(r"\frac")
    words = left.rpartition("\\")[2].isalpha() and "\\" in left
    return f"{left} {chr(92)}cdot {right}" if digits else f"{left}{' ' if words else ''}{right}"
