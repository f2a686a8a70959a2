"""Settings, read from the environment (docs/environment.md). Defaults are safe; a missing required variable stops the start."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from weare1 import env, logs, static_files

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"

# Development, set by bin/serve and bin/test. In production every required variable must be set.
DEV = os.environ.get("DEV") == "1"
# Never true, also in development: the debug page shows local variables, which hold personal data.
DEBUG = False

SITE_URL = env.site_url("SITE_URL", default="http://localhost:8000" if DEV else None)
SITE_HOST = urlsplit(SITE_URL).hostname
ALLOWED_HOSTS = env.comma_separated("ALLOWED_HOSTS") or (["*"] if DEV else [SITE_HOST])
TRUSTED_PROXIES = env.proxies("TRUSTED_PROXIES")

# Keys, newest first, kept outside the database. The first writes, all read; `manage.py rotate_keys` replaces a key.
SECRET_KEY, *SECRET_KEY_FALLBACKS = env.keys("DJANGO_SECRET_KEYS", VAR if DEV else None)
FIELD_KEYS = env.keys("FIELD_KEYS", VAR if DEV else None)
DIGEST_KEYS = env.keys("DIGEST_KEYS", VAR if DEV else None)
SILENCED_SYSTEM_CHECKS = [
    # The check wants a SECRET_KEY of 50 characters. env.keys() requires 32 random bytes, which are 44 characters of base64.
    "security.W009",
    # The check looks for the name of Django's CSRF middleware. Ours is a subclass.
    "security.W003",
    # HSTS for subdomains and preload lists is off until asked for.
    *("security.W005", "security.W021"),
]

INSTALLED_APPS = [
    "campaign",
    "pledges",
    "staff",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "django_prose_editor",
    "reversion",
    "django_tasks_db",
    "staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
]

MIDDLEWARE = [
    "weare1.middleware.count_requests",
    "weare1.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "weare1.middleware.no_store_by_default",
    "django.middleware.http.ConditionalGetMiddleware",
    "weare1.middleware.language_from_path",
    "weare1.middleware.one_snapshot_per_request",
    "weare1.middleware.DatabaseDownMiddleware",
    "weare1.middleware.StaffSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "weare1.middleware.StaffCsrfMiddleware",
    "weare1.middleware.StaffAuthenticationMiddleware",
    "weare1.middleware.StaffMessageMiddleware",
    # allauth requires this middleware by name. Outside the admin it only makes an empty object.
    "allauth.account.middleware.AccountMiddleware",
    "weare1.middleware.network_for_staff",
    "staff.accounts.sessions.end_expired_sessions",
    "weare1.middleware.refuse_large_bodies",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "weare1.urls"
WSGI_APPLICATION = "weare1.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "campaign.site.context_processors.site",
                "staff.admin.site.admin_around_accounts",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = ["accessible_forms"]
CRISPY_TEMPLATE_PACK = "accessible_forms"

# PostgreSQL 15 or newer.
DATABASES = {
    "default": env.database(
        "DATABASE_URL",
        hint="; to use the one of bin/serve, run python -m dev.database run serve manage.py …" if DEV else "",
    )
}
if DEV:
    # One test database per process, so that test runs of one checkout can overlap.
    DATABASES["default"]["TEST"] = {"NAME": f"test_weare1_{os.getpid()}"}

# The housekeeping steps of each app, which the worker runs every minute. Listed here because `pledges`, where the worker is,
# does not import the apps above it.
HOUSEKEEPING = ["pledges.housekeeping.STEPS", "campaign.housekeeping.STEPS", "staff.housekeeping.STEPS"]

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Seconds for which `/readyz` repeats its answer.
READINESS_PATIENCE_SECONDS = 5
# Each process reads at most so often (seconds) whether content or figures have changed (pledges/serving/snapshot.py).
STATE_SECONDS = 1
# Memory of each process for public pages (weare1/cache.py), and the folders of a release whose files shape them.
KEPT_PAGES_BYTES = 64 * 1024 * 1024
RELEASE_FOLDERS = ["campaign", "pledges", "staff", "weare1", "templates", "locale"]

# After so many months the owner of a confirmed pledge is asked whether to keep name and address (see supporters/querysets.py).
KEEP_MONTHS = env.number("KEEP_MONTHS", default=24, most=1200)

# Hours after which a missing backup is an alarm (pledges/backups/models.py), and days after which nothing of it is left.
BACKUP_HOURS = env.number("BACKUP_HOURS", default=None, most=8760)
BACKUP_KEEP_DAYS = env.number("BACKUP_KEEP_DAYS", default=14, least=4, most=3650)

# The folder of the metrics of this service's processes, and the private address of `manage.py metrics` (pledges/metrics/).
METRICS_FOLDER, METRICS_ADDRESS = env.folder("METRICS_FOLDER"), env.private_address("METRICS_ADDRESS")
# Who is told of failed checks (pledges/health/alarm.py).
OPERATOR_EMAILS = [env.email("OPERATOR_EMAIL", each) for each in env.comma_separated("OPERATOR_EMAIL")]
HEARTBEAT_URL = env.web_address("HEARTBEAT_URL")

# Mail. Without MAIL_URL, development writes one .eml file per message under var/mail/.
MAILERS, MAIL_LIMITS, mail_sender = env.mailers(folder=VAR / "mail" if DEV else None)
# Settings of django-anymail for the reports of a provider, such as WEBHOOK_SECRET. Ours is ANYMAIL_INBOUND_ADDRESS, for replies.
ANYMAIL = {name.removeprefix("ANYMAIL_"): env.text(name) for name in os.environ if name.startswith("ANYMAIL_")}
env.email("ANYMAIL_INBOUND_ADDRESS", ANYMAIL.get("INBOUND_ADDRESS", ""))
# deploy/install names a host of the reserved domain "invalid" (RFC 2606) until the mail account is known.
MAIL_IS_MISSING = str(MAILERS["default"]["OPTIONS"].get("host", "")).endswith(".invalid")
# Connections of each worker to each mail server, each with a connection to the database.
MAIL_CONNECTIONS = env.number("MAIL_CONNECTIONS", default=8, most=1000)
# A neutral sender name, because people share phones.
SENDER = mail_sender or f"zotimi@{SITE_HOST}"
DEFAULT_FROM_EMAIL = f"Ne jemi 1 <{SENDER}>"
# For the Message-ID. Django would take the host name of the machine.
MAIL_DOMAIN = SENDER.rpartition("@")[2]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

# Staff sign in with a passkey, or with a password and a second factor (staff/). There is no sign-up.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "staff.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "staff.accounts.forms.SignInForm",
    "reauthenticate": "staff.accounts.forms.ReauthenticatePasswordForm",
}
MFA_ADAPTER = "staff.accounts.adapters.FactorAdapter"
MFA_FORMS = {
    "authenticate": "staff.accounts.forms.CodeForm",
    "reauthenticate": "staff.accounts.forms.ReauthenticateCodeForm",
    "activate_totp": "staff.accounts.forms.ActivateAppForm",
    "add_webauthn": "staff.accounts.forms.PasskeyForm",
    "edit_webauthn": "staff.accounts.forms.PasskeyNameForm",
    "authenticate_webauthn": "staff.accounts.forms.PasskeySecondFactorForm",
    "login_webauthn": "staff.accounts.forms.PasskeySignInForm",
    "reauthenticate_webauthn": "staff.accounts.forms.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# In development the site has no TLS. Browsers treat localhost as a secure context.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEV
MFA_TOTP_ISSUER = "Ne jemi 1"
# Periods of 30 seconds before and after the current one, because clocks differ. Each code works once (staff/accounts/forms.py).
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Failed attempts of a network, and of an account by password and by code. An account that is known in its network is counted
# apart there (staff/accounts/adapters.py). Passkeys cannot be guessed. Requests for a new password are counted by network alone:
# strangers would use up those of an address, which gets one link an hour (RECOVERY_INTERVAL).
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "reauthenticate": None,
    "login_failed": "100/h/ip,5/15m/key,30/d/key",
    "reset_password": "20/m/ip",
    # What asks for and answers the challenge of a passkey.
    "webauthn_login": "30/m/ip",
}
MFA_RATE_LIMITS = False
CACHES = {
    # Of the rate limits, and of the people whom each account has seen within the hour (staff/admin/reauthentication.py).
    "default": {"BACKEND": "staff.accounts.cache.SharedCache", "KEY_FUNCTION": "staff.accounts.cache.digest"},
}
# A session ends so many seconds after its last request, or by other limits of staff/accounts/sessions.py.
SESSION_ENGINE = "staff.accounts.sessions"
SESSION_COOKIE_AGE = 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Django's default storage sets a cookie for the whole site.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# The language of a public page is in its path, never in a cookie.
LANGUAGE_CODE = "sq"
LANGUAGES = [("sq", _("Albanian")), ("en", _("English"))]
# The second one has strings of Django that its Albanian catalogue lacks or translates wrongly. It is edited by hand.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "django"]
FORMAT_MODULE_PATH = "weare1.formats"
TIME_ZONE = "Europe/Tirane"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
# The guide's text (docs/editing.md) refers to its pictures as editing/NAME, which is also their static path.
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "weare1.static_files.JoinedSheets",
]
STATICFILES_DIRS = [BASE_DIR / "static", ("editing", BASE_DIR / "docs" / "editing")]
# Pictures uploaded by staff. nginx serves them in production.
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.text("MEDIA_ROOT") or VAR / "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# The source maps of the editor are large and not loaded by browsers. Compressing them would take longer than all other files.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
WHITENOISE_ADD_HEADERS_FUNCTION = static_files.add_headers

# Content security policy: this site's own files only, nothing inline, no framing.
OWN_FILES = ["script-src", "style-src", "img-src", "font-src", "connect-src", "manifest-src", "form-action"]
SECURE_CSP = {
    "default-src": [CSP.NONE],
    **{directive: [CSP.SELF] for directive in OWN_FILES},
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# No page uses these features of browsers. deploy/headers.conf holds the same policies for what nginx answers by itself.
PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

SECURE_SITE = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SITE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = "/admin/"
SECURE_SSL_REDIRECT = SECURE_SITE
# Health checks from the same machine use plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_SITE else 0
# Off until asked for: both bind other hosts, for a year and longer.
SECURE_HSTS_INCLUDE_SUBDOMAINS = os.environ.get("HSTS_SUBDOMAINS") == "1"
SECURE_HSTS_PRELOAD = os.environ.get("HSTS_PRELOAD") == "1"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if not DEV and not SECURE_SITE:
    raise ImproperlyConfigured("SITE_URL must begin with https:// in production.")

# Bytes; a pledge is a few short fields. Uploaded pictures have a separate limit (campaign/pictures/files.py).
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

# Logs hold no personal data: no request bodies, SQL parameters, personal links or e-mail addresses.
LOGGING = logs.configuration()
