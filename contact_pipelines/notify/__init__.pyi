from .sending import Sending as Sending
from .sending import Tested as Tested
from .sending import list_notifications as list_notifications
from .sending import retry_given_up as retry_given_up
from .sending import send_notifications as send_notifications
from .sending import send_test_messages as send_test_messages

__all__ = ["Sending", "Tested", "list_notifications", "retry_given_up", "send_notifications", "send_test_messages"]
