"""Plain claims as HTML: what is mathematics goes to MathJax, the rest stays as written."""

from __future__ import annotations

import re

import pytest

from memorize.evidence.typeset import typeset


def plain(html: str) -> str:
    """The HTML with mathematics in ⟦…⟧."""
    return re.sub(r'<span class="math[^>]*>\\\((.*?)\\\)</span>', r"⟦\1⟧", html)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("for every p", "for every ⟦p⟧"),
        ("r: 2*sqrt(6)/3 → 33*sqrt(6)/50 (1.00%)",
         r"⟦r⟧: ⟦\sqrt{8/3}⟧ ⟦\to  33\sqrt{6}/50⟧ (1.00%)"),
        ("a: log(2)/2", r"⟦a⟧: ⟦(\ln  2)/2⟧"),
        ("log(2)", r"⟦\ln  2⟧"),
        ("11/10 2^(−q)", r"⟦11/10\cdot 2^{-q}⟧"),
        ("n = 10 000 signs", r"⟦n⟧ ⟦= 10\,000⟧ signs"),
        ("binom(2l, l)/4^l", r"⟦\binom{2l}{l}/4^{l}⟧"),
        ("0 ≤ G₊(x, m)", r"⟦0⟧ ⟦\le  G_{+}(x, m)⟧"),
        ("A ≤ B + Cx for all x", r"⟦A⟧ ⟦\le  B⟧ ⟦+\: Cx⟧ for all ⟦x⟧"),
        ("(ln 2)^(1/1): exp(|X|^1/t) = x^1/2", r"⟦(\ln  2)⟧: ⟦\exp (|X|/t)⟧ ⟦= x^{1}/2⟧"),
        ("‖X + Y‖ψp ≤ 1", r"⟦\|X + Y\|_{\psi _{p}}⟧ ⟦\le  1⟧"),
        ("its ψ2 norm, z^1 and z^10", r"its ⟦\psi _{2}⟧ norm, ⟦z⟧ and ⟦z^{10}⟧"),
        ("P(X ≥ 1) ≤ 2", r"⟦\Pr(X \ge  1)⟧ ⟦\le  2⟧"),
        ("E f̌ᵀΣf̌", r"⟦\mathbb{E} \check{f}^{\top}\Sigma \check{f}⟧"),
        ("a 1/4-net of S, if a = 2", "a 1/4-net of ⟦S⟧, if ⟦a⟧ ⟦= 2⟧"),
        ("max⟨u, Wz⟩ and [0, π/2]; then",
         r"⟦\max \langle u, Wz\rangle ⟧ and ⟦[0, \pi /2]⟧; then"),
        ("(2) at X ∈ {0, 1}", r"(2) at ⟦X⟧ ⟦\in  \lbrace 0, 1\rbrace ⟧"),
        ("K = 1/√ln 2", r"⟦K⟧ ⟦= 1/\sqrt{\ln  2}⟧"),
        ("e^(−θ(1+t))", r"⟦e^{-\theta (1+t)}⟧"),
        ("the sign of x < y", "the sign of ⟦x⟧ ⟦&lt; y⟧"),
        ("1 + 1 x² ≤ e^(1 x²) + 9/10 x²",
         r"⟦1⟧ ⟦+\: x^{2}⟧ ⟦\le  e^{x^{2}}⟧ ⟦+\: 9/10\,x^{2}⟧"),
        ("d = 2700000, at 6 ln d and √ϰ",
         r"⟦d⟧ ⟦= 2\,700\,000⟧, at ⟦6 \ln  d⟧ and ⟦\sqrt{\varkappa }⟧"),
        ("|r − r̄| ≤ ‖G̃‖ erf(z)", r"⟦|r - \bar{r}|⟧ ⟦\le  \|\tilde{G}\| \operatorname{erf}(z)⟧"),
        ("x ⊥ y, f²/q below N.C3 and B.memorize.log2",
         "⟦x \\perp  y⟧, ⟦f^{2}/q⟧ below N.C3 and B.memorize.log2"),
        ("L ≤ f + 1 · LCM/q and 1 · 2δ; 1^m r = 1 (n−3)!!",
         r"⟦L⟧ ⟦\le  f⟧ ⟦+\: LCM/q⟧ and ⟦2\delta ⟧; ⟦r⟧ ⟦= (n-3)!!⟧"),
        ("9/10 · x at q = 1 (n = 2), 1 · 3 · 5",
         r"⟦9/10⟧ ⟦\cdot\: x⟧ at ⟦q⟧ ⟦= 1\,(n = 2)⟧, ⟦1⟧ ⟦\cdot\: 3⟧ ⟦\cdot\: 5⟧"),
        ("n + rank(x, y) + 0, m − 0 neurons, x + 0 c and x → 0",
         r"⟦n⟧ ⟦+\: \operatorname{rank}(x, y)⟧, ⟦m⟧ neurons, ⟦x⟧ ⟦+\: 0\,c⟧ and ⟦x⟧ ⟦\to  0⟧"),
        ("P(crossing) = erfc(⌈m/d⌉), E⟨∇G, ψ⟩",
         r"⟦\Pr(\mathrm{crossing})⟧ ⟦= \operatorname{erfc}(\lceil m/d\rceil )⟧, "
         r"⟦\mathbb{E}\langle \nabla G, \psi \rangle ⟧"),
        ("m − rank H, 1-Lipschitz, 0-1 functions and Rad(φ∘F) = 1 ∏ϕᵗ",
         r"⟦m⟧ ⟦-\: \operatorname{rank} H⟧, 1-Lipschitz, 0-1 functions and "
         r"⟦\operatorname{Rad}(\varphi \circ F)⟧ ⟦= \prod \phi ^{t}⟧"),
        ("Pr(H ≻ 0) = E Rad_S", r"⟦\Pr(H \succ  0)⟧ ⟦= \mathbb{E} \operatorname{Rad}_{S}⟧"),
        ("<b> & so", "&lt;b&gt; &amp; so"),
        (r"as $\frac12 < x$ & more", r"as ⟦\frac12 &lt; x⟧ &amp; more"),
        ("a $ sign", "a $ sign"),
    ],
)  # fmt: skip
def test_what_is_mathematics_is_typeset(text: str, said: str) -> None:
    assert plain(typeset(text)) == said


@pytest.mark.parametrize("text", ["x ⊕ y", "f(x", "{", "", "√(", "^(", "‖", "~ # &", "a"])
def test_what_is_not_understood_is_shown_as_written(text: str) -> None:
    """No input raises, loses its words or lets HTML through."""
    html = typeset(text)
    assert "<" not in re.sub(r"</?span[^>]*>", "", html)
    for tex in re.findall(r"\\\((.*?)\\\)", html):
        assert tex.isascii()
        assert tex.count("{") == tex.count("}")
