"""What Zappa writes into its package from zappa_settings.json; here, so that the package can be built without AWS."""

PROJECT_NAME = "django-shop"
API_STAGE = "live"
DJANGO_SETTINGS = "shop.settings"
DEBUG = False
LOG_LEVEL = "WARNING"
BASE_PATH = None
DOMAIN = None
BINARY_SUPPORT = True
CONTEXT_HEADER_MAPPINGS: dict[str, str] = {}
ENVIRONMENT_VARIABLES: dict[str, str] = {}
EXCEPTION_HANDLER = None
AWS_EVENT_MAPPING: dict[str, str] = {}
AWS_BOT_EVENT_MAPPING: dict[str, str] = {}
COGNITO_TRIGGER_MAPPING: dict[str, str] = {}
