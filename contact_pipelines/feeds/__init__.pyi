from .checking import Tried as Tried
from .checking import check_rules as check_rules
from .checking import check_settings as check_settings
from .feed_states import FeedState as FeedState
from .feed_states import list_feed_files as list_feed_files
from .feed_states import list_feeds as list_feeds
from .feed_states import retry_watched as retry_watched
from .schedule import Tending as Tending
from .schedule import run_export_feed as run_export_feed
from .schedule import settle_files as settle_files
from .schedule import tend_feeds as tend_feeds
from .watch import Look as Look
from .watch import look_at_feed as look_at_feed

__all__ = [
    "FeedState",
    "Look",
    "Tending",
    "Tried",
    "check_rules",
    "check_settings",
    "list_feed_files",
    "list_feeds",
    "look_at_feed",
    "retry_watched",
    "run_export_feed",
    "settle_files",
    "tend_feeds",
]
