"""Whether the mail server of MAIL_URL offers TLS with a certificate that is valid for its name."""

import smtplib
import ssl

TIMEOUT_SECONDS = 10


def transport(host, port, use_ssl):
    """Yield (is_right, sentence) about TLS at this server."""
    context = ssl.create_default_context()
    try:
        if use_ssl:
            with smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context):
                yield True, f"{host}:{port} uses TLS with a valid certificate"
            return
        with smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS) as server:
            server.ehlo()
            if not server.has_extn("starttls"):
                yield False, f"{host}:{port} offers no TLS: use another server or port (587 with tls=1, or smtps://)"
                return
            server.starttls(context=context)
            yield True, f"{host}:{port} offers TLS with a valid certificate"
    except ssl.SSLCertVerificationError as error:
        yield False, f"the certificate of {host}:{port} is not valid: {error.verify_message}"
    except (OSError, smtplib.SMTPException) as error:
        yield False, f"{host}:{port} cannot be reached: {type(error).__name__}"
