"""The proofs that the chapters copy: each checks, its controls are refused, and it renders."""

from __future__ import annotations

import re

import pytest
from proofs import ALL

from memorize.book.proof import Proof, ProofError, algebra, lemma
from memorize.kernel import Refused, Sequent, eq, exp, fixed, rules
from memorize.kernel.latex import latex
from memorize.kernel.rules import Theorem, assume

K, L = fixed("K"), fixed("L")


@pytest.mark.parametrize("name", ALL)
def test_proved(name: str) -> None:
    proof = ALL[name]()
    assert isinstance(proof.theorem, Theorem)
    assert proof.theorem.sequent == proof.sequent
    assert proof.unshown == 0
    assert proof.record()["formal"]


@pytest.mark.parametrize("name", ALL)
def test_falsified_lines_are_refused(name: str) -> None:
    """Most falsified lines are refused; those that pass were proved, so they are true."""
    controls = ALL[name]().controls
    assert controls.refused >= 2 * controls.true
    assert controls.undecided <= controls.total // 10


@pytest.mark.parametrize("name", ALL)
def test_rendering(name: str) -> None:
    """Escaped, balanced, without anything that changes between runs or leaves the machine."""
    html = ALL[name]()._repr_html_()
    assert html == ALL[name]()._repr_html_()
    assert not re.search(r"0x[0-9a-f]{6}|https?://|<script", html)
    for tag in ("div", "ol", "ul", "li", "span", "details", "summary", "pre", "p"):
        assert len(re.findall(rf"<{tag}[ >]", html)) == html.count(f"</{tag}>"), tag
    for tex in re.findall(r"\\\((.*?)\\\)", html):
        assert tex.count("{") == tex.count("}")
        assert tex.count(r"\left") == tex.count(r"\right")
        assert "<" not in tex


def test_the_reason_shown_is_the_one_checked() -> None:
    """The words beside a line come from its derivation, not from the author."""
    html = ALL["tail, p = 2"]()._repr_html_()
    assert "monotone expectation" in html
    assert "1 + x ≤ eˣ" in html
    assert "Bienaymé" not in html


def test_uses_and_profile() -> None:
    profile = ALL["Gaussian"]().profile()
    assert profile["SymPy facts"] == ["Gaussian integral"]
    assert "ψ-norm: infimum attained" in profile["axioms"]
    assert ALL["vector rate"]().profile()["textbook rules"] == [
        r
        for r in rules.TEXTBOOK
        if r
        in {
            "monotone expectation", "domination", "linearity", "constant", "Tonelli", "Bienaymé",
            "finite almost surely",
        }
    ]  # fmt: skip


def test_words_taint_what_rests_on_them() -> None:
    """A conclusion that rests on a step in words says so, and counts it."""
    proof = Proof(Sequent((), K <= exp(K)), title="in part in words")
    proof.prose("One sees that $K \\le e^K - 1$.", formula=K <= exp(K) - 1, label="seen")
    proof.prose("A remark.")
    proof.qed(algebra("seen"))
    assert proof.unshown == 2
    assert proof.profile()["the conclusion rests on steps in words"] == 1
    assert proof.record()["unshown"] == 2
    assert proof._repr_html_().count("<em>step in words</em>") == 2
    assert "the conclusion rests on steps in words: 1" in proof._repr_html_()


def test_words_inside_a_lemma_are_counted_where_it_is_used() -> None:
    """Once for each step, whichever lines rest on it; the lemma's own count stands."""
    inside = Proof(Sequent((), K <= exp(K) - 1), title="a lemma in words")
    inside.prose("One sees that $K \\le e^K - 1$.", formula=K <= exp(K) - 1, label="seen")
    inside.qed()
    proof = Proof(Sequent((), K <= exp(K)), title="by the lemma")
    proof.have("lemma", K <= exp(K) - 1, lemma(inside.theorem))
    proof.have("again", K <= exp(K) + 1, algebra("lemma"))
    proof.qed(algebra("lemma"))
    assert inside.unshown == proof.unshown == 1
    assert proof.profile()["steps in words"] == proof.record()["unshown"] == 1


def test_a_formula_may_break_before_its_relation_and_between_its_terms() -> None:
    """The pieces together are the formula; nothing but breaking points is added."""
    for goal in (K <= exp(K) - (K - 1) + 2, K <= exp(K)):
        proof = Proof(Sequent((goal,), goal), title="as given").qed(algebra("h1"))
        pieces = re.findall(r"\\\((.*?)\\\)", proof._repr_html_().partition("To show")[2])
        joined = "".join(pieces).replace("\\:", "")
        whole = latex(goal).replace("<", "&lt;")
        assert joined.replace(" ", "").startswith(whole.replace(" ", ""))


def test_an_exponent_one_is_not_written_and_keeps_its_brackets() -> None:
    assert latex(K**1 <= K**2) == "K \\le {K}^{2}"
    assert latex(L * (K + 1) ** 1) == "L\\left(K + 1\\right)"
    assert latex((K**1) ** 2) == "{K}^{2}"
    assert latex(1 * K) == "K"
    assert latex((1 * K) * L) == "KL"
    assert latex(exp(1 * (-K))) == "e^{-K}"
    assert latex((1 * (K + 1)) ** 2) == "\\left(K + 1\\right)^{2}"
    assert latex(2 * (1 * (K + 1))) == "2\\left(K + 1\\right)"


def test_nothing_is_said_of_falsified_lines_where_there_are_none() -> None:
    """A proof without controls has no counts of them."""
    goal = K <= exp(K) + 0
    proof = Proof(Sequent((goal,), goal), title="untried", controls=False).qed(algebra("h1"))
    assert "falsified" not in proof._repr_html_()


def test_words_that_invoke_a_statement_leave_their_edge() -> None:
    """``uses`` names the statements a sentence rests on; the record and the page show them."""
    proof = Proof(Sequent((), 0 <= K**2), title="with a statement")
    proof.prose("By the bound on the norm of a matrix.", uses=["B.matrix"])
    proof.qed(algebra())
    assert proof.uses == ("B.matrix",)
    assert proof.record()["uses"] == proof.profile()["statements"] == ["B.matrix"]
    assert "statement B.matrix" in proof._repr_html_()
    with pytest.raises(LookupError):
        Proof(Sequent((), 0 <= K**2), title="").prose("By magic.", uses=["B.magic"])


def test_evidence_beside_words() -> None:
    from proofs import gaussian_integral

    proof = Proof(Sequent((), 0 <= K**2), title="with evidence")
    proof.prose("By a numerical check.", evidence=gaussian_integral())
    proof.qed(algebra())
    assert proof.unshown == proof.profile()["steps in words"] == 0
    assert proof.profile()["steps in words with a check beside them"] == 1
    assert "Gaussian integral" in proof._repr_html_()


def test_author_text_is_escaped() -> None:
    proof = Proof(Sequent((), 0 <= K**2), title="<b>&")
    proof.have("a", 0 <= K**2, algebra(), gloss="since $0 < 1$ & <i>so</i>")
    html = proof.qed()._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert "\\(0 &lt; 1\\)" in html


def test_chain_joins_and_concludes() -> None:
    proof = Proof(Sequent((K <= L, L < 2), K < 3), title="chain")
    proof.chain(K).le(L, algebra("h1")).lt(2, algebra("h2")).lt(3, algebra())
    assert proof.qed().theorem is not None


def test_wrong_line_names_itself() -> None:
    proof = Proof(Sequent((K <= L,), K <= L), title="wrong").chain(K)
    with pytest.raises(ProofError, match=r"wrong, line 1: K <= \(L - 1\)"):
        proof.le(L - 1, algebra())


def test_weaker_than_declared_is_refused() -> None:
    proof = Proof(Sequent((0 <= K,), 0 <= K), title="too strong a hypothesis", controls=False)
    proof.have("a", 0 <= K, algebra("given 1"), given=[1 <= K])
    with pytest.raises(ProofError, match="proved is"):
        proof.qed(lambda goal, f: f["a"])


def test_equation_both_ways() -> None:
    theorem = rules.symmetric(assume(eq(K, L)))
    assert theorem.conclusion == eq(L, K)
    with pytest.raises(Refused):
        rules.symmetric(assume(K <= L))
