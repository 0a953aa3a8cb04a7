"""What is called, in this order: each call has its golden file.

Every command with --json is called, and those without that lead from one to the next. Not here:
`health --watch`, `run`, `serve` and the console, which go on until they are stopped, and
`completion`, whose script is click's own; their help is frozen.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    name: str
    words: str
    """`FOLDER` is the folder of everything, `PLAN` the hash of the plan that was shown last."""


@dataclass(frozen=True)
class Edit:
    """A file of the folder is changed."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Move:
    old: str
    new: str


LOOKING = (
    Call("provider-types", "provider types --json"),
    Call("provider-list", "provider list --json"),
    Call("provider-show", "provider show lincoln --json"),
    Call("provider-show-unknown", "provider show nobody --json"),
    Call("provider-test-mock", "provider test lincoln --json"),
    Call("provider-test-csv", "provider test sis --json"),
    Call("config-show", "config show sis --json"),
    Call("config-show-unknown", "config show sis --at 9 --json"),
    Call("config-validate", "config validate FOLDER/config/integrations/sis.yaml --json"),
    Call("config-effective", "config effective sis --json"),
    Call(
        "config-compare-environments",
        "config compare sis --environments production staging --json",
    ),
    Call("config-compare-integrations", "config compare sis --with lms --json"),
    Call("config-set", "config set lincoln page_size=50 --untested --reason faster"),
    Call("config-rollback", "config rollback lincoln 1"),
    Call("config-history", "config history lincoln --json"),
    Call("config-diff", "config diff lincoln 1 2"),
    Call("config-sample-mock", "config sample mock"),
    Call("config-sample-oneroster", "config sample oneroster"),
    Call("config-schema-mock", "config schema mock"),
    Call("config-schema-oneroster", "config schema oneroster"),
    Call("roster-check", "roster check FOLDER/sis --json"),
    Call("roster-pull", "roster pull sis --out FOLDER/out --json"),
    Call("health-unchecked", "health --json"),
    Call("health-once", "health --once --json"),
    Call("health-one", "health lincoln --json"),
    Call("health-window", "health --window 6h --json"),
    Call("health-usage", "health --watch --once --json"),
)
FIRST_SYNC = (
    Call("sync-plan-first", "sync plan sis --json"),
    Call("sync-pause-planned", "sync pause sis"),
    Call("sync-resume-planned", "sync resume sis --json"),
    Call("sync-list", "sync list --json"),
    Call("sync-apply-without-hash", "sync apply sis --json"),
    Call("sync-apply-first", "sync apply sis --plan PLAN --json"),
    Call("sync-show", "sync show 1 --json"),
    Call("sync-show-unknown", "sync show 99 --json"),
    Call("sync-report", "sync report 1 --json"),
    Call("roster-find", "roster find users Family1 --json"),
    Call("roster-find-none", "roster find users Nobody --json"),
    Call("mapping-find", "mapping find sis users u01"),
    Call("roster-edit", "roster edit users 2 email ours@example.org --reason asked"),
    Call("roster-pin", "roster pin users 3"),
    Call("roster-show", "roster show users 2 --json"),
    Call("mapping-of", "mapping of users 2 --json"),
)
TROUBLE = (
    Move("sis", "away"),
    Call("sync-plan-failed", "sync plan sis --json"),
    Move("away", "sis"),
    Call("sync-resume", "sync resume sis --json"),
    Call("sync-cancel", "sync cancel sis"),
    Edit("sis/users.csv", "user1@example.org", "theirs@example.org"),
    Edit("sis/users.csv", "user4@example.org", "nowhere"),
    Edit("sis/enrollments.csv", '"u09"', '"nobody"'),
    Call("sync-run", "sync run sis --since-last --json"),
    Call("sync-conflicts", "sync conflicts --json"),
    Call("sync-settle", "sync settle 1 --side theirs"),
    Call("sync-conflicts-settled", "sync conflicts --settled --json"),
    Call("sync-reopen", "sync reopen 1"),
    Call("sync-settle-unknown", "sync settle 99 --side theirs"),
    Call("sync-quarantine", "sync quarantine sis --json"),
    Call("sync-report-findings", "sync report sis --json"),
    Call("sync-list-all", "sync list sis --json"),
    Call("sync-undo", "sync undo 1 --json"),
    Call("sync-approve-miscounted", "sync approve sis --plan PLAN --deactivations 1 --reason r"),
    Call("sync-approve", "sync approve sis --plan PLAN --deactivations 32 --reason moved"),
    Call("sync-show-approved", "sync show 4 --json"),
    Call("sync-cancel-approved", "sync cancel sis"),
)
MATCHING = (
    Call("sync-plan-second-system", "sync plan lms --json"),
    Call("sync-hold", "sync hold lms --reason wait"),
    Call("sync-approve-held", "sync approve lms --plan PLAN --deactivations 0 --reason seen"),
    Call("sync-apply-second-system", "sync apply lms --plan PLAN --json"),
    Call("mapping-review", "mapping review --json"),
    Call("mapping-decide", "mapping decide lms users lms-u03 --same"),
    Call("mapping-review-none", "mapping review --json"),
    Call("mapping-split", "mapping split users 7 lms --reason twins"),
    Call("mapping-of-both", "mapping of users 8 --json"),
    Call("mapping-merge", "mapping merge users 7 25"),
    Call("mapping-relink", "mapping relink lms users lms-u02 lms-two"),
)
ENDING = (
    Call("provider-add", "provider add mock madison"),
    Call("provider-stop", "provider stop lincoln"),
    Call("provider-start", "provider start lincoln"),
    Call("provider-disable", "provider disable lincoln --reason holidays --json"),
    Call("provider-enable", "provider enable lincoln --json"),
    Call("provider-remove-unconfirmed", "provider remove lincoln --json"),
    Call("provider-remove", "provider remove lincoln --yes --json"),
    Call("webhook-list-none", "webhook list sis --json"),
    Call("messages-list", "messages list --json"),
    Call("messages-read", "messages read --json"),
    Call("audit-list", "audit list --json"),
    Call("audit-verify", "audit verify --json"),
    Call("audit-export", "audit export action=sync.approve"),
    Call("doctor", "doctor --json"),
    Call("doctor-bundle", "doctor --bundle FOLDER/bundle.zip --json"),
    Call("demo", "demo --once --json"),
    Call("demo-usage", "demo --json"),
    Call("sandbox-list", "sandbox --list --json"),
)
STORY = (*LOOKING, *FIRST_SYNC, *TROUBLE, *MATCHING, *ENDING)
