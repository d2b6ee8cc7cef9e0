"""Market data in, quality judged, packs sealed."""

from mintmark.data.actions import Action, require_adjusted
from mintmark.data.calendars import CALENDARS, bars_per_year, trading_days
from mintmark.data.currencies import Rates
from mintmark.data.macro import Macro
from mintmark.data.operations import DataRoom, ExportAsked, Licensing
from mintmark.data.pack import Pack
from mintmark.data.reads import Reads
from mintmark.data.rights import Decision, Licence, Rights
from mintmark.data.rights_registry import RIGHTS
from mintmark.data.series import Series
from mintmark.data.valuation import Close, Needs, Rate, Valuation

__all__ = [
    "CALENDARS",
    "RIGHTS",
    "Action",
    "Close",
    "DataRoom",
    "Decision",
    "ExportAsked",
    "Licence",
    "Licensing",
    "Macro",
    "Needs",
    "Pack",
    "Rate",
    "Rates",
    "Reads",
    "Rights",
    "Series",
    "Valuation",
    "bars_per_year",
    "require_adjusted",
    "trading_days",
]
