"""The error tree of the package.

ReportError
├── SnapshotError     a snapshot that cannot be trusted: changed, missing, newer (exit code 4: the old site stands)
├── GateError         a page that must not be published: NaN, empty section, dead link (exit code 4)
└── PublishError      the site could not be written or swapped: disk full, read-only (exit code 4)
"""


class ReportError(Exception):
    """Root of every error this package raises on purpose."""


class SnapshotError(ReportError):
    """A snapshot folder is damaged, incomplete or of a newer format; nothing was built from it."""


class GateError(ReportError):
    """A gate before publishing failed; the published site was not touched."""


class PublishError(ReportError):
    """The site could not be written or swapped; the published site was not touched."""
