"""The error tree of the package.

FlowError
├── SettingsError       the environment or a file it names is wrong: one clear line, exit code 2
├── RefusedHost         a host no setting names was not asked; an OSError, so that clients take it for "no answer"
├── NotificationFailed  nobody could be told: exit code 2
└── PublishRefused      a gate failed; the old site stands: exit code 4
"""


class FlowError(Exception):
    """Root of every error this package raises on purpose."""


class SettingsError(FlowError):
    """A setting is wrong; the message names it, its value and what to do."""


class PublishRefused(FlowError):
    """Publishing was refused; the published site was not touched."""


class NotificationFailed(FlowError):
    """A message did not reach an address of the operator."""


class RefusedHost(FlowError, PermissionError):
    """A host that no setting names was about to be asked."""
