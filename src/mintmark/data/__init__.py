"""Market data in, quality judged, packs sealed."""

from mintmark.data.actions import Action, require_adjusted
from mintmark.data.calendars import CALENDARS, bars_per_year, trading_days
from mintmark.data.closes import exact_close
from mintmark.data.currencies import Rates
from mintmark.data.documents import Fundamental, NewsItem
from mintmark.data.macro import Macro, MacroDeclared
from mintmark.data.macro_files import MacroColumns, release_days_of
from mintmark.data.manifest import cutoff
from mintmark.data.operations import DataRoom, DeadLetter, DeadLetters, ExportAsked, Licensing
from mintmark.data.pack import Pack
from mintmark.data.packs import PREWARM_STEPS, RESTATEMENT_REASONS, Hold, PackState, gate, warnings_of
from mintmark.data.providers.accesses import access_to
from mintmark.data.providers.door import ProviderAccess
from mintmark.data.reads import Reads
from mintmark.data.rights import Decision, Licence, Rights
from mintmark.data.rights_registry import RIGHTS
from mintmark.data.series import Series
from mintmark.data.valuation import POLICY_CALENDARS, Close, Needs, Rate, Valuation

__all__ = [
    "CALENDARS",
    "POLICY_CALENDARS",
    "PREWARM_STEPS",
    "RESTATEMENT_REASONS",
    "RIGHTS",
    "Action",
    "Close",
    "DataRoom",
    "DeadLetter",
    "DeadLetters",
    "Decision",
    "ExportAsked",
    "Fundamental",
    "Hold",
    "Licence",
    "Licensing",
    "Macro",
    "MacroColumns",
    "MacroDeclared",
    "Needs",
    "NewsItem",
    "Pack",
    "PackState",
    "ProviderAccess",
    "Rate",
    "Rates",
    "Reads",
    "Rights",
    "Series",
    "Valuation",
    "access_to",
    "bars_per_year",
    "cutoff",
    "exact_close",
    "gate",
    "release_days_of",
    "require_adjusted",
    "trading_days",
    "warnings_of",
]
