"""`manage.py check_mail`: what it finds right, and which record it says to set. No request leaves the machine."""

import base64
import io
import ssl

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command

from tests.dns import NameServer
from tests.pledges.health.test_certificate import make_certificate
from tests.smtp import MailServer

DOMAIN = "shembull.al"
IP = "192.0.2.25"
REVERSE = "25.2.0.192.in-addr.arpa"


def key_record(bits=2048):
    key = (
        rsa.generate_private_key(65537, bits).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    text = f"v=DKIM1; k=rsa; p={base64.b64encode(key).decode()}"
    # A string of a TXT record has at most 255 characters.
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))


RIGHT = {
    (DOMAIN, "TXT"): ['"v=spf1 mx include:provider.example -all"', '"other=1"'],
    (DOMAIN, "MX"): ["10 mx.shembull.al."],
    ("mx.shembull.al", "A"): ["192.0.2.1"],
    ("provider.example", "TXT"): [f'"v=spf1 ip4:{IP}/31 ~all"'],
    (f"s1._domainkey.{DOMAIN}", "TXT"): [key_record()],
    (f"_dmarc.{DOMAIN}", "TXT"): [f'"v=DMARC1; p=quarantine; rua=mailto:postmaster@{DOMAIN}"'],
    (REVERSE, "PTR"): ["out.shembull.al."],
    ("out.shembull.al", "A"): [IP],
}


def check(records=None, remove=(), selector="s1", mailers=None, **options):
    """(lines of the command, error or None)."""
    records = {key: value for key, value in (RIGHT | (records or {})).items() if key not in remove}
    out = io.StringIO()
    with NameServer(records) as server:
        try:
            call_command(
                "check_mail", DOMAIN, selector=selector, nameserver=server.address, ip=[IP], stdout=out, **options
            )
        except CommandError as error:
            return out.getvalue().splitlines(), str(error)
    return out.getvalue().splitlines(), None


@pytest.fixture(autouse=True)
def no_server(settings):
    settings.MAILERS = {"default": {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": {}}}
    settings.BOUNCE_ADDRESS = None


def wrong(lines):
    return [line.removeprefix("WRONG  ") for line in lines if line.startswith("WRONG")]


def test_all_is_right():
    lines, error = check()
    assert error is None and wrong(lines) == [] and lines[-1] == "All is right."
    for name in ("SPF", "DKIM", "DMARC", "reverse DNS"):
        assert any(line.startswith(f"right  {name}: ") for line in lines), name


DMARC = f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{DOMAIN}"


HERE, KEY, POLICY, OUT = (
    (DOMAIN, "TXT"),
    (f"s1._domainkey.{DOMAIN}", "TXT"),
    (f"_dmarc.{DOMAIN}", "TXT"),
    ("out.shembull.al", "A"),
)
# (records instead of the right ones, those that are missing, what the command says)
FAULTS = [
    ({}, HERE, f"SPF: set a TXT record for {DOMAIN}: v=spf1 ip4:{IP} ~all"),
    (
        {HERE: ['"v=spf1 -all"', '"v=spf1 a -all"']},
        None,
        f"SPF: {DOMAIN} has 2 SPF records and may have one: join them into one",
    ),
    (
        {HERE: ['"v=spf1 ip4:198.51.100.0/24 ~all"']},
        None,
        f"SPF: it does not admit the mail server {IP}: add ip4:{IP} before “all”",
    ),
    ({HERE: [f'"v=spf1 ip4:{IP}"']}, None, "SPF: it must end with ~all, or anyone may send in your name"),
    (
        {HERE: ['"v=spf1 include:shembull.al -all"']},
        None,
        "SPF: the SPF record needs more than 10 look-ups, so receivers ignore it: remove an include",
    ),
    ({HERE: ['"v=spf1 ip4:rubbish -all"']}, None, "SPF: “rubbish” in the SPF record is no network"),
    (
        {HERE: ['"v=spf1 inlcude:x.example -all"']},
        None,
        f"SPF: the SPF record of {DOMAIN} has the unknown word “inlcude”",
    ),
    (
        {},
        KEY,
        f"DKIM: there is no key at {KEY[0]}: set the record that your mail provider shows, or turn DKIM on there",
    ),
    (
        {KEY: ['"v=DKIM1; p="']},
        None,
        f"DKIM: the key at {KEY[0]} is revoked (p= is empty): set the one that your mail provider shows now",
    ),
    (
        {KEY: ['"v=DKIM1; p=rubbish"']},
        None,
        f"DKIM: the key at {KEY[0]} cannot be read: copy the record again, whole and without line breaks",
    ),
    ({}, POLICY, f"DMARC: set a TXT record for _dmarc.{DOMAIN}: {DMARC}"),
    (
        {POLICY: ['"v=DMARC1; p=maybe"']},
        None,
        f"DMARC: the record of _dmarc.{DOMAIN} has no valid p=: {DMARC}",
    ),
    (
        {POLICY: ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']},
        None,
        f"DMARC: _dmarc.{DOMAIN} has 2 records and may have one, so receivers use none",
    ),
    (
        {},
        (REVERSE, "PTR"),
        f"reverse DNS: {IP} has no name: ask the owner of the address (your host) for a PTR record",
    ),
    (
        {OUT: ["192.0.2.9"]},
        None,
        f"reverse DNS: {IP} is out.shembull.al, which does not lead back to it: set A of out.shembull.al to {IP}",
    ),
]


@pytest.mark.parametrize(("records", "missing", "sentence"), FAULTS)
def test_each_fault_is_said_with_what_to_set(records, missing, sentence):
    lines, error = check(records, [missing])
    assert wrong(lines) == [sentence] and error.startswith("1 to correct")


@pytest.mark.parametrize(
    "text",
    [
        f"v=spf1 ip4:{IP} ~all",
        "v=spf1 a:out.shembull.al -all",
        "v=spf1 a:mx.shembull.al/24 -all",
        "v=spf1 -ip4:198.51.100.1 redirect=provider.example",
        "v=spf1 exists:%{i}.x.example include:provider.example ?all",
    ],
)
def test_records_that_admit_the_server(text):
    lines, _error = check({(DOMAIN, "TXT"): [f'"{text}"']})
    assert f"right  SPF: it admits the mail server {IP}" in lines


def test_what_works_and_could_be_better_is_right():
    records = {
        (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=none"'],
        (f"s1._domainkey.{DOMAIN}", "TXT"): [key_record(1024)],
    }
    lines, error = check(records)
    assert error is None
    assert f"right  DKIM: there is a key of 1024 bits at s1._domainkey.{DOMAIN}; 2048 are better" in lines
    assert any("p=none, which only watches" in line for line in lines)


def test_without_a_selector_dkim_is_not_judged():
    lines, error = check(selector=None)
    assert error is None and any("DKIM: not checked: give --selector" in line for line in lines)


def test_the_way_back_is_checked(settings):
    settings.BOUNCE_ADDRESS = f"bounce@kthim.{DOMAIN}"
    records = {
        (f"kthim.{DOMAIN}", "TXT"): [f'"v=spf1 ip4:{IP} -all"'],
        (f"kthim.{DOMAIN}", "MX"): ["10 mx.shembull.al."],
    }
    lines, error = check(records)
    assert error is None and f"right  way back: mail to kthim.{DOMAIN} goes to mx.shembull.al" in lines
    lines, _error = check(records, [(f"kthim.{DOMAIN}", "MX")])
    [sentence] = wrong(lines)
    assert sentence.startswith(f"way back: set an MX record for kthim.{DOMAIN}")


def test_a_server_without_tls_is_wrong(settings):
    with MailServer() as server:
        settings.MAILERS = server.mailers(use_ssl=False)
        lines, _error = check()
        host, port = server.server_address
    [sentence] = wrong(lines)
    assert sentence == f"TLS: {host}:{port} offers no TLS: use another server or port (587 with tls=1, or smtps://)"
    lines, _error = check()
    assert wrong(lines)[0].startswith(f"TLS: {host}:{port} cannot be reached")


def test_a_server_with_a_certificate_of_its_own_is_wrong_and_one_with_a_known_one_right(
    settings, tmp_path, monkeypatch
):
    certificate = make_certificate(tmp_path, 90)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with MailServer() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        settings.MAILERS = server.mailers(host="localhost", use_ssl=True)
        port = server.server_address[1]
        [sentence] = wrong(check()[0])
        assert sentence.startswith(f"TLS: the certificate of localhost:{port} is not valid: ")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        lines, error = check()
    assert error is None and f"right  TLS: localhost:{port} uses TLS with a valid certificate" in lines


def test_no_name_server_answers():
    with pytest.raises(CommandError, match="No name server answers"):
        call_command("check_mail", DOMAIN, nameserver="127.0.0.1:9", stdout=io.StringIO())
