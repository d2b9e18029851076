"""Installing models from archives and from a server on the loopback, with all that goes wrong on the way."""

from __future__ import annotations

import hashlib
import io
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import model_commands
from app.domain.errors import BadInput, Unavailable
from app.speech import model_archive, model_install
from app.speech.model_archive import unpack
from app.speech.model_download import Progress, download
from app.speech.model_files import check_model
from app.speech.model_install import KnownModel, install, installed_models
from app.speech.progress_bar import ProgressBar
from tests.integration.speech.file_server import FileServer
from tests.integration.speech.telephone import MODEL

NAME = "vosk-model-test-ru"
CONTENT = bytes(range(256)) * 4096
MOST = 1 << 30
AT_ONCE = (0.0, 0.0, 0.0)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback is never reached through a proxy."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FileServer]:
    running = FileServer(CONTENT)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model as its publisher would pack it: one directory in a zip."""
    root = tmp_path_factory.mktemp("packed")
    shutil.copytree(MODEL, root / NAME)
    return Path(shutil.make_archive(str(root / NAME), "zip", root, NAME))


@pytest.fixture(scope="module")
def tarred(zipped: Path) -> Path:
    return Path(shutil.make_archive(str(zipped.parent / NAME), "gztar", zipped.parent, NAME))


def leftovers(models: Path) -> list[str]:
    return [path.name for path in models.iterdir() if path.name.startswith(".installing")]


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


@pytest.mark.parametrize("kind", ["zipped", "tarred"])
def test_a_local_archive_is_installed(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    description = install(str(request.getfixturevalue(kind)), tmp_path / "models")
    assert description == check_model(tmp_path / "models" / NAME)
    assert description.vocabulary_size == check_model(MODEL).vocabulary_size
    assert leftovers(tmp_path / "models") == []
    assert [model.name for model in installed_models(tmp_path / "models")] == [NAME]


def test_an_archive_without_a_directory_of_its_own_is_installed(tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / NAME), "zip", MODEL)
    assert install(packed, tmp_path / "models").path == tmp_path / "models" / NAME


def test_a_sound_model_stays_and_a_damaged_one_makes_way(tmp_path: Path, zipped: Path) -> None:
    models = tmp_path / "models"
    install(str(zipped), models)
    marked = models / NAME / "mark"
    marked.touch()
    install(str(zipped), models)
    assert marked.exists()
    (models / NAME / "am/final.mdl").unlink()
    assert "am/final.mdl is missing" in installed_models(models)[0].fault
    install(str(zipped), models)
    assert not marked.exists()
    assert installed_models(models)[0].fault == ""


def test_an_archive_without_a_usable_model_leaves_nothing(tmp_path: Path) -> None:
    packed = zip_of(tmp_path / f"{NAME}.zip", {f"{NAME}/am/final.mdl": b"no model"})
    with pytest.raises(Unavailable, match=r"holds no usable model: .*final\.mdl is not a Kaldi"):
        install(str(packed), tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_wrong_checksum_is_refused(tmp_path: Path, zipped: Path) -> None:
    with pytest.raises(BadInput, match="checksum"):
        install(str(zipped), tmp_path / "models", sha256="0" * 64)
    right = hashlib.sha256(zipped.read_bytes()).hexdigest()
    install(str(zipped), tmp_path / "models", sha256=right.upper())


@pytest.mark.parametrize("source", ["no-such-model", "nothing.zip", "ftp://127.0.0.1/model", "../.zip", ""])
def test_a_source_that_is_none_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(BadInput):
        install(source, tmp_path / "models")


@pytest.mark.parametrize("ranges", [True, False])
def test_an_address_is_installed_over_a_cut_line(
    tmp_path: Path, zipped: Path, server: FileServer, ranges: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = zipped.read_bytes()
    server.ranges, server.cuts, server.cut_after = ranges, 1, 100_000
    steps: dict[str, list[int]] = {}

    def start_progress(title: str) -> Progress:
        done_so_far = steps.setdefault(title, [])
        return lambda done, _total: done_so_far.append(done)

    description = install(f"{server.url}/{NAME}.zip", tmp_path / "models", start_progress=start_progress)
    assert description.path.name == NAME
    assert server.requested_ranges == [None, "bytes=100000-"]
    assert steps[f"download {NAME}"][-1] == len(server.content)
    assert set(steps) == {f"download {NAME}", f"unpack {NAME}"}
    assert list((tmp_path / "models" / ".downloads").iterdir()) == []


def test_an_interrupted_download_goes_on_where_it_stopped(tmp_path: Path, server: FileServer) -> None:
    target = tmp_path / "model.zip"
    server.cuts, server.cut_after = 1, 300_000
    with pytest.raises(Unavailable, match="goes on where it stopped"):
        download(f"{server.url}/m.zip", target, most_bytes=MOST, pauses_s=())
    assert not target.exists()
    download(f"{server.url}/m.zip", target, most_bytes=MOST, pauses_s=())
    assert server.requested_ranges == [None, "bytes=300000-"]
    assert target.read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["model.zip"]


def test_a_file_that_changed_meanwhile_begins_anew(tmp_path: Path, server: FileServer) -> None:
    target = tmp_path / "model.zip"
    server.cuts, server.cut_after = 1, 300_000
    with pytest.raises(Unavailable):
        download(f"{server.url}/m.zip", target, most_bytes=MOST, pauses_s=())
    server.content, server.etag = CONTENT[::-1], '"two"'
    download(f"{server.url}/m.zip", target, most_bytes=MOST, pauses_s=())
    assert target.read_bytes() == CONTENT[::-1]


def test_what_is_whole_already_is_not_fetched_again(tmp_path: Path, server: FileServer) -> None:
    (tmp_path / "model.zip.part").write_bytes(CONTENT)
    download(f"{server.url}/m.zip", tmp_path / "model.zip", most_bytes=MOST, pauses_s=())
    assert server.requested_ranges == [f"bytes={len(CONTENT)}-"]
    assert (tmp_path / "model.zip").read_bytes() == CONTENT


def test_an_earlier_attempt_longer_than_the_file_begins_anew(tmp_path: Path, server: FileServer) -> None:
    (tmp_path / "model.zip.part").write_bytes(CONTENT + b"more")
    download(f"{server.url}/m.zip", tmp_path / "model.zip", most_bytes=MOST, pauses_s=AT_ONCE)
    assert (tmp_path / "model.zip").read_bytes() == CONTENT


def test_a_length_that_never_comes_is_an_error_and_not_a_model(tmp_path: Path, server: FileServer) -> None:
    server.announced_length = len(CONTENT) + 1000
    server.ranges = False
    with pytest.raises(Unavailable, match="could not be fetched"):
        download(f"{server.url}/m.zip", tmp_path / "model.zip", most_bytes=MOST, pauses_s=AT_ONCE)
    assert not (tmp_path / "model.zip").exists()


@pytest.mark.parametrize("announced", [None, -1])
def test_a_file_beyond_the_limit_is_refused(tmp_path: Path, server: FileServer, announced: int | None) -> None:
    server.announced_length = announced
    with pytest.raises(Unavailable, match="cannot be a speech model"):
        download(f"{server.url}/m.zip", tmp_path / "model.zip", most_bytes=1000, pauses_s=())
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_checksum_throws_the_download_away(tmp_path: Path, server: FileServer) -> None:
    with pytest.raises(Unavailable, match="checksum"):
        download(f"{server.url}/m.zip", tmp_path / "model.zip", sha256="0" * 64, most_bytes=MOST, pauses_s=())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("status", "said"), [(404, "check the address"), (503, "could not be fetched")])
def test_a_server_that_refuses(tmp_path: Path, server: FileServer, status: int, said: str) -> None:
    server.status = status
    with pytest.raises(Unavailable, match=said):
        download(f"{server.url}/m.zip", tmp_path / "model.zip", most_bytes=MOST, pauses_s=AT_ONCE)
    assert len(server.requested_ranges) == (1 if status == 404 else 4)


def test_nobody_at_the_address(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="could not be fetched"):
        download("http://127.0.0.1:9/m.zip", tmp_path / "model.zip", most_bytes=MOST, pauses_s=())


def test_a_known_name_that_brings_another_size_is_not_that_model(
    tmp_path: Path, zipped: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = zipped.read_bytes()
    monkeypatch.setattr(model_install, "PUBLISHER", server.url)
    size = len(server.content)
    wrong = KnownModel("vosk-model-known", "45M", 2 * size, "")
    right = KnownModel("vosk-model-known", "2M", int(1.1 * size), "")
    monkeypatch.setattr(model_install, "KNOWN_MODELS", (wrong,))
    with pytest.raises(Unavailable, match="published are 45M"):
        install(wrong.name, tmp_path / "models")
    monkeypatch.setattr(model_install, "KNOWN_MODELS", (right,))
    assert install(right.name, tmp_path / "models").path.name == "vosk-model-known"


EVIL_NAMES = ["../evil", "/tmp/evil", "a/../../evil", "a\\..\\evil", "C:evil", "a/../evil"]


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_zip_that_would_leave_its_directory_is_refused_before_a_byte(tmp_path: Path, name: str) -> None:
    packed = zip_of(tmp_path / "m.zip", {"am/good": b"x", name: b"evil"})
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    with pytest.raises(BadInput, match="would leave its directory"):
        unpack(packed, into)
    assert list(into.iterdir()) == []


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_tar_that_would_leave_its_directory_is_refused(tmp_path: Path, name: str) -> None:
    packed = tmp_path / "m.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name))
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(BadInput, match="would leave its directory"):
        unpack(packed, into)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("am/final.mdl")
    member.type = kind
    member.linkname = "/etc/passwd"
    packed = tmp_path / "m.tar"
    with tarfile.open(packed, "w") as archive:
        archive.addfile(member)
    with pytest.raises(BadInput, match="not a plain file"):
        unpack(packed, tmp_path)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("am/final.mdl")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as packed:
        packed.writestr(entry, "/etc/passwd")
    with pytest.raises(BadInput, match="not a plain file"):
        unpack(tmp_path / "m.zip", tmp_path)


def test_bombs_are_refused_by_what_they_declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_archive, "_GROWTH_FREE_BYTES", 1024)
    zip_of(tmp_path / "m.zip", {"am/final.mdl": bytes(5_000_000)})
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("am/final.mdl")
        member.size = 5_000_000
        archive.addfile(member, io.BytesIO(bytes(member.size)))
    into = tmp_path / "into"
    into.mkdir()
    for name in ("m.zip", "m.tar.gz"):
        with pytest.raises(BadInput, match="would unpack to"):
            unpack(tmp_path / name, into)
    assert list(into.iterdir()) == []


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_archive, "_MOST_FILES", 10)
    packed = zip_of(tmp_path / "m.zip", {str(number): b"" for number in range(11)})
    with pytest.raises(BadInput, match="11 files"):
        unpack(packed, tmp_path)


def test_a_cut_or_damaged_archive_is_refused(tmp_path: Path, zipped: Path, tarred: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    for whole in (zipped, tarred):
        cut = tmp_path / whole.name
        cut.write_bytes(whole.read_bytes()[:-50_000])
        with pytest.raises(BadInput, match=r"damaged|neither a zip nor a tar"):
            unpack(cut, into)
    flipped = bytearray(zipped.read_bytes())
    flipped[len(flipped) // 2] ^= 0xFF
    (tmp_path / "flipped.zip").write_bytes(flipped)
    (tmp_path / "other").mkdir()
    with pytest.raises(BadInput, match="damaged"):
        unpack(tmp_path / "flipped.zip", tmp_path / "other")


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as packed:
        packed.writestr("am/final.mdl", b"one")
        packed.writestr("am/final.mdl", b"other")
    with pytest.raises(BadInput, match="twice"):
        unpack(tmp_path / "m.zip", tmp_path)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal_and_lines_in_a_file() -> None:
    terminal, file = Terminal(), io.StringIO()
    for out in (terminal, file):
        bar = ProgressBar(out, "download")
        for done in range(1001):
            bar(done * 1000, 1_000_000)
        bar.finish()
    assert "\n" not in terminal.getvalue()[:-1]
    assert terminal.getvalue().endswith(f"[{'#' * 30}] 100 % (1.0 of 1.0 MB)\n")
    lines = file.getvalue().splitlines()
    assert len(lines) == 11
    assert "\r" not in file.getvalue()


def test_the_command_lists_checks_and_installs(
    tmp_path: Path, zipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    model_commands.install_from(str(zipped), models, "")
    written = capsys.readouterr()
    assert f"{NAME} is installed" in written.out
    assert f"unpack {NAME}: 100 %" in written.err
    model_commands.show_list(models, models / "another")
    listed = capsys.readouterr().out
    bundled = check_model(MODEL)
    told = f"{NAME}: installed, version {bundled.version}, 8000 Hz, {bundled.vocabulary_size} words"
    assert told in listed
    assert "vosk-model-ru-0.42: can be installed, 1.8G" in listed
    model_commands.check(models / NAME)
    assert "can be narrowed to phrases" in capsys.readouterr().out
