"""Names that are never a picture to be done."""

import pytest

from upscaled.core.litter import is_litter, is_litter_folder, is_ours


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store", "._photo.jpg", "desktop.ini", "Desktop.ini", "Thumbs.db", ".apdisk", "Icon\r",
        "ehthumbs.db", ".smbdelete0A1", ".smb001", ".nfs00000001", ".fuse_hidden0001",
        "~$list.docx", "a.png.part", "a.partial", "a.TMP", "a.crdownload", "a.download",
        "a.filepart", "a.aspx-upload", ".syncthing.a.png.tmp", "~syncthing~a.png.tmp",
        "a.sync-conflict-20250101-120000-ABCDEFG.png", ".~lock.a.odt#", "a.swp",
        ".goutputstream-X1", "rclone a.png.partial", ".upscaled-root",
    ],
)  # fmt: skip
def test_litter_files_are_known(name: str) -> None:
    assert is_litter(name)


@pytest.mark.parametrize(
    "name",
    [
        ".stfolder", ".stversions", ".localized", "@eaDir", ".Spotlight-V100", ".Trashes",
        "__MACOSX", ".AppleDouble", ".TemporaryItems", ".fseventsd", "$RECYCLE.BIN",
        "System Volume Information", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot",
        ".@__thumb", "lost+found", ".snapshot", ".zfs", "photo.jpg.download",
    ],
)  # fmt: skip
def test_litter_folders_are_known(name: str) -> None:
    assert is_litter_folder(name)


@pytest.mark.parametrize(
    "name",
    [
        "photo.jpg",
        "Icon.png",
        "part.png",
        "~photo.png",
        "tmp",
        "a.part.png",
        "thumbs.png",
        "@a.png",
    ],
)
def test_a_picture_with_a_like_name_is_none(name: str) -> None:
    assert not is_litter(name)
    assert not is_litter_folder(name)
    assert not is_ours(name)


@pytest.mark.parametrize(
    "name",
    [
        "_STATUS.txt", "_READ-ME.txt", "_SERIES.txt", "_REPORT-2025-01-31.html",
        "_REPORT-2025-01-31.txt", ".upscaled-root", ".upscaled", "a.png.job.toml",
        "_STATUS.sync-conflict-20250101-120000-ABCDEFG.txt", "_status.TXT",
        "_STATUS (Anna's conflicted copy 2025-01-01).txt", "_STATUS (1).txt", "_STATUS copy.txt",
        "_REPORT-2025-01-31.sync-conflict-20250101-120000-ABCDEFG.html",
        "_STATUS (conflicted copy 2025-01-01 120000).txt",  # Nextcloud
        "_STATUS-DESKTOP-7QK.txt", "_STATUS-Annas-MacBook-2.txt",  # OneDrive
        "_STATUS-2.txt", "_STATUS 2.txt", "_STATUS [Conflict].txt", "_STATUS - Kopie.txt",
        "_STATUS (SFConflict anna@example.org 2025-01-01-12-00-00).txt",  # Seafile
        "_STATUS_NAS_Mar-01-120000-2025_Conflict.txt",  # Synology Drive
        "_STATUS.Conflict.txt", "_STATUS (Case Conflict).txt", "_READ-ME-PC7.txt",
        "_READ-ME (2).txt", "_SERIES (2).txt", "_REPORT-2025-01-31-DESKTOP-7QK.html",
    ],
)  # fmt: skip
def test_our_own_files_and_second_versions_of_them_are_ours(name: str) -> None:
    assert is_ours(name)


@pytest.mark.parametrize(
    "name",
    [
        "_STATUS.png",
        "_status-board.txt",
        "_REPORT.html",
        "STATUS.txt",
        "job.toml.png",
        "_STATUS-2.png",
        "_STATUSES.txt",
    ],
)  # fmt: skip
def test_a_like_name_of_someone_else_is_not_ours(name: str) -> None:
    assert not is_ours(name)
