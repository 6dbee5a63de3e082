import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("program", "absent"),
    [
        ("import analysis", ["numpy", "scipy", "pandas"]),
        ("import analysis.effect_size", ["numpy", "scipy"]),
        ("import analysis.select", ["numpy", "scipy"]),
        ("import analysis.models", ["scipy", "pandas"]),
        ("import analysis; analysis.meta_analysis([.1, .2], [.1, .1])", ["scipy.stats", "scipy.optimize", "pandas"]),
    ],
)
def test_importing_a_module_loads_no_library_it_does_not_need(program: str, absent: list[str]) -> None:
    code = f"import sys; {program}; print([m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_of_the_package_can_be_loaded() -> None:
    import analysis

    for name in analysis.__all__:
        assert getattr(analysis, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'metaanalysis'"):
        _ = analysis.metaanalysis
