"""Pages are written anew when what makes them changes, and only then."""

import shutil
from pathlib import Path

import small_site
from conftest import ROOT


def test_a_changed_extension_writes_all_pages_anew(tmp_path: Path) -> None:
    """A page whose text is the same gets what an extension does now; the next build leaves it."""
    (tmp_path / "book").mkdir()
    extensions = tmp_path / "book" / "_ext"
    shutil.copytree(ROOT / "book" / "_ext", extensions)
    (tmp_path / "tools").symlink_to(ROOT / "tools", target_is_directory=True)
    folder = tmp_path / "site"
    small_site.write(folder, {"index": "# One\n", "other": "# Two\n\ntext\n"})
    conf = folder / "conf.py"
    conf.write_text(conf.read_text("utf-8").replace(str(ROOT / "book" / "_ext"), str(extensions)))

    def built() -> dict[str, tuple[str, int]]:
        out, said = small_site.build(folder)
        assert not said
        pages = [out / "index.html", out / "other.html"]
        return {page.name: (page.read_text("utf-8"), page.stat().st_mtime_ns) for page in pages}

    first = built()
    assert built() == first
    finish = extensions / "finish.py"
    text = finish.read_text("utf-8")
    assert "return str(page)" in text
    finish.write_text(text.replace("return str(page)", 'return f"{page}<!-- anew -->"'), "utf-8")
    second = built()
    assert all(page.endswith("<!-- anew -->") for page, _ in second.values())
    assert built() == second
