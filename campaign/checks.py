"""Checks of content before it is published: functions from a CheckedContent to an iterable of Finding.

Words to avoid, stories of abuse, typed help numbers, pictures that people who cannot see them would miss, the order of headings,
links that lead nowhere, to an old address or into the other language, and shares without a source.
"""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.dispatch import receiver
from django.urls import Resolver404, resolve, reverse, translate_url
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from campaign import richtext
from campaign.content import SiteContent
from campaign.demands.models import Demand
from campaign.help.models import TAG, HelpChannel, tag
from campaign.links.models import ExternalLink, addresses_in
from campaign.pages.models import Article, Page
from campaign.pictures.models import Picture
from campaign.publishing.models import Publishable
from campaign.terms.models import Term
from campaign.texts.models import PageText
from campaign.voices.models import Voice
from pledges.content import PledgeContent
from pledges.enquiries.alarm import AlarmContent, telling_sentence
from pledges.languages import LANGUAGE_CODES, with_slug
from pledges.models import Mailing, Sector
from staff.admin.checks import Finding, Text, check_content
from staff.admin.versions import editable_fields, label
from staff.models import Draft
from staff.spelling import without_accents


def check_words(content):
    """Yield a finding for each discouraged term in each text."""
    texts = [(text, text.language, text.value) for text in content.texts if text.value]
    for text, language, term, words in Term.objects.all().find_in(texts):
        better, why = term.advice(language)
        message = _("%(field)s contains “%(words)s”. Better: “%(better)s”. %(why)s")
        yield Finding(
            text,
            "words",
            _("Better: “%(better)s”. %(why)s") % {"better": better, "why": why},
            passage=words,
            message=message % {"field": text.label, "words": words, "better": better, "why": why},
        )


def check_stories(content):
    """Yield a finding for the first sentence or alarm word in each text of a voice that tells such a story."""
    if content.model is not Voice:
        return
    patterns = AlarmContent.current().patterns
    for text in content.texts:
        compared = without_accents(text.value)
        words = (found.group() for pattern in patterns if (found := pattern.search(compared)))
        passage = telling_sentence(text.value) or next(words, None)
        if passage:
            sentence = _(
                "This may tell what happened to a child or a survivor. If it does, leave it out: it does not belong on our site."
            )
            yield Finding(text, "story", sentence, passage=passage)


def check_help_numbers(content):
    """Yield a finding for each typed number in a text with tags."""
    if not hasattr(content.model, "texts_with_numbers"):
        return
    # Digits with any kind of space between them, as a whole number.
    patterns = {
        channel: re.compile(rf"(?<!\w)(?<!\d[ \u00a0]){r'[ \u00a0]?'.join(channel.tel)}(?!\d)")
        for channel in HelpChannel.objects.with_number()
        if channel.tel.isdecimal()
    }
    for text in content.texts:
        for channel, pattern in patterns.items():
            if match := pattern.search(TAG.sub("", text.value)):
                words = {"field": text.label, "number": channel.number, "tag": tag(channel.key)}
                yield Finding(
                    text,
                    "number",
                    _("Write %(tag)s instead, so that it always follows the help channel.") % words,
                    passage=match[0],
                    message=_(
                        "%(field)s: the number %(number)s is typed. Write %(tag)s instead, so that it always follows the help "
                        "channel."
                    )
                    % words,
                )


# Pictures

# A name that a camera, a phone or a program gave, or a word that describes nothing.
NO_DESCRIPTION = re.compile(
    r"(?:[\w-]+\.(?:jpe?g|png|webp|gif|heic)|(?:img|dsc[nf]?|photo|pxl|whatsapp image|screenshot|image|foto|fotografi|fotografia|"
    r"figura?|pamje|picture|pic)[\s_-]*[\d_.:\s-]*)",
    re.IGNORECASE,
)


def check_pictures(content):
    """Yield an error for each picture that does not exist or is not described, and a finding for one not translated."""
    if content.model is Picture and not content.value("is_decorative"):
        for text in content.texts:
            if text.name.startswith("alt_") and _says_nothing(text.value):
                yield _not_described(text, text.value)
    shown = {text: richtext.picture_ids(richtext.clean(text.value)) for text in content.texts if text.is_rich}
    pictures = Picture.objects.in_bulk({pk for ids in shown.values() for pk in ids})
    for text, ids in shown.items():
        for pk in dict.fromkeys(ids):
            yield from _about(text, pictures.get(pk))
    for text, picture in _chosen(content):
        yield from _about(text, picture)


def _chosen(content):
    """Yield (Text, Picture) in each language for each picture that a field of the form chooses, such as the main picture."""
    for field in editable_fields(content.model):
        if field.related_model is not Picture or not (picture := content.value(field.name)):
            continue
        anchor = content.form[field.name].auto_id if field.name in content.form.fields else ""
        for language in LANGUAGE_CODES:
            yield Text(field.name, label(field), language, str(picture.pk), anchor), picture


def _says_nothing(description):
    return NO_DESCRIPTION.fullmatch(description.strip()) is not None


def _not_described(text, description):
    sentence = _("This does not say what the picture shows. Describe it in the library, in one sentence.")
    return Finding(text, "picture", sentence, passage=description.strip(), is_error=True)


def _about(text, picture):
    if picture is None:
        sentence = _("A picture in this text is no longer in the library. Remove it, or choose another one.")
        yield Finding(text, "picture", sentence, is_error=True)
        return
    if ended := picture.consents.filter(ends_on__lt=timezone.localdate()).order_by("ends_on").first():
        sentence = _(
            "%(person)s agreed to this picture until %(day)s, so pages no longer show it. Choose another picture, or ask again."
        )
        words = {"person": ended.person, "day": formats.date_format(ended.ends_on, "DATE_FORMAT")}
        yield Finding(text, "picture", sentence % words)
    if picture.is_decorative:
        return
    description = getattr(picture, f"alt_{text.language}").strip()
    if not description or _says_nothing(description):
        yield _not_described(text, description)
    elif picture.alt_sq.strip() == picture.alt_en.strip():
        sentence = _("The picture has the same description in both languages. Translate it in the library.")
        yield Finding(text, "picture", sentence, passage=description)


# Headings


def check_headings(content):
    """Yield a finding for each heading out of order or without words."""
    for text in content.texts:
        if not text.is_rich:
            continue
        level = 1
        for block in richtext.blocks(text.value, True):
            if not block.is_heading:
                continue
            words = " ".join(block.text.split())
            new = int(block.tag[1])
            if not words:
                yield Finding(text, "heading", _("A heading has no words. Delete it, or write what comes below it."))
            elif new > level + 1:
                sentence = _("This is a subheading, and no heading comes before it. Make it a heading.")
                yield Finding(text, "heading", sentence, passage=words)
            level = new


# Where a link within the site leads

# {URL name: function that returns the rows with a page there}, each row with the property `slug`.
ROWS = {
    "campaign:demand": lambda: SiteContent.current().demands,
    "campaign:event": lambda: PledgeContent.current().events,
    "campaign:event_calendar": lambda: PledgeContent.current().events,
    "pledges:county": lambda: PledgeContent.current().counties_with_page,
}
# {URL name: model of the rows with a page there}. Their old addresses redirect, and drafts have addresses too.
MODELS = {"pages:page": Page, "campaign:article": Article}


class Leads(models.TextChoices):
    """Where a link leads. The label is what is wrong with it."""

    RIGHT = "right", ""
    # An old address, or that of the other language, which redirects.
    MOVED = "moved", gettext_lazy("This link leads to the old address %(address)s. The page is now at %(new)s.")
    OTHER_LANGUAGE = (
        "other language",
        gettext_lazy("This link leads into the other language. In the language of this text the page is at %(new)s."),
    )
    UNPUBLISHED = (
        "unpublished",
        gettext_lazy(
            "This link leads to %(address)s, which is not published. Publish that page first, or remove the link."
        ),
    )
    # A page that only one person opens, or that ends.
    PERSONAL = (
        "personal",
        gettext_lazy(
            "This link leads to %(address)s, which visitors cannot open. Choose a public page, or remove the link."
        ),
    )
    NOWHERE = (
        "nowhere",
        gettext_lazy("This link leads to %(address)s, where there is no page. Choose a page, or remove the link."),
    )


def is_internal(address):
    """Whether an address is within the site."""
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc or parts.netloc == urlsplit(settings.SITE_URL).netloc


def follow(address, language, at=None):
    """(Leads, the better address or "") of an address in a text of this language that is public from `at`, now if None."""
    path = urlsplit(address).path
    if not path:
        return Leads.RIGHT, ""
    code = path.partition("/")[2].partition("/")[0]
    code = code if code in LANGUAGE_CODES else language
    with override(code):
        match = _resolve(path)
        if match is None:
            with_slash = f"{path}/"
            return (Leads.MOVED, with_slash) if _resolve(with_slash) else (Leads.NOWHERE, "")
        if "token" in match.kwargs or match.app_name == "admin" or path.startswith("/admin/"):
            return Leads.PERSONAL, ""
        if match.view_name == "library_file" and not default_storage.exists(match.kwargs["name"]):
            return Leads.NOWHERE, ""
        if match.view_name not in ROWS | MODELS:
            # translate_url() reads the path in the active language.
            better = translate_url(path, language)
            return (Leads.RIGHT, "") if better == path else (Leads.OTHER_LANGUAGE, better)
        row = _find(match, code)
        if row is None:
            return Leads.NOWHERE, ""
        draft = row.draft if hasattr(row, "draft") else None
        if draft and not (draft.state == Draft.State.SCHEDULED and draft.publish_at <= (at or timezone.now())):
            return Leads.UNPUBLISHED, ""
        address_now = _address(match, row)
    if address_now != path:
        return Leads.MOVED, address_now
    with override(language):
        better = _address(match, row)
    return (Leads.RIGHT, "") if better == path else (Leads.OTHER_LANGUAGE, better)


def _resolve(path):
    try:
        return resolve(path)
    except Resolver404:
        return None


def _find(match, code):
    """The row with the slug of an address in the active language `code`: now, before, in the other language, or as a draft."""
    slug = match.kwargs["slug"]
    if match.view_name in ROWS:
        return with_slug(ROWS[match.view_name](), slug)
    model = MODELS[match.view_name]
    drafts = model.objects.everything().filter(**{f"slug_{code}": slug}).select_related("draft")
    return SiteContent.current().find(model, code, slug) or drafts.first()


def _address(match, row):
    """The address of the page of a row in the active language."""
    return reverse(match.view_name, args=[row.slug]) if match.view_name in ROWS else row.get_absolute_url()


# Links

# An address that opens no page: mail and calls.
DIRECT = re.compile(r"mailto:[^@\s]+@[^@\s]+\.[^@\s]+|tel:\+?[\d().\s-]{2,20}", re.IGNORECASE)
# A single line that is an address: where a button or the banner leads.
ADDRESS_LINE = re.compile(r"https?://\S+|/\S*", re.IGNORECASE)
REFUSING = {Leads.NOWHERE, Leads.UNPUBLISHED, Leads.PERSONAL}


def check_links(content):
    """Yield an error for each link that leads nowhere within the site, and a finding for others that lead astray."""
    found = list(_links(content))
    external = [address for _text, link in found for address in addresses_in(link[0])]
    failing = {row.address: row for row in ExternalLink.objects.filter(address__in=external).failing()}
    own = set(_own_addresses(content))
    # The banner, and what is scheduled, may wait for the page to which it leads.
    drafting = getattr(content.form, "drafting", None)
    public_from = drafting.at if drafting else content.value("banner_from")
    for text, (href, hreflang, words) in found:
        passage = " ".join(words.split()) or (href if text.is_rich else "")
        if is_internal(href):
            if urlsplit(href).path in own:
                continue
            leads, better = follow(href, text.language or LANGUAGE_CODES[0], public_from)
            is_meant = leads is Leads.OTHER_LANGUAGE and (hreflang or text.language is None)
            if leads is not Leads.RIGHT and not is_meant:
                sentence = leads.label % {"address": href, "new": better}
                yield Finding(text, "link", sentence, passage, is_error=leads in REFUSING)
        elif rows := [failing[address] for address in addresses_in(href) if address in failing]:
            sentence = _("This link leads to %(address)s: %(outcome)s. Find the new address, or remove the link.")
            words = {"address": rows[0].address, "outcome": rows[0].get_outcome_display()}
            yield Finding(text, "link", sentence % words, passage)
        elif href.lower().startswith(("mailto:", "tel:")) and not DIRECT.fullmatch(href.partition("?")[0]):
            sentence = _("The link %(address)s has no complete address or number. Correct it.") % {"address": href}
            yield Finding(text, "link", sentence, passage, is_error=True)


def _links(content):
    """Yield (text, (href, hreflang, words)) of each link in the texts and of each field that is an address."""
    for text in content.texts:
        if text.is_rich or text.has_links:
            for block in richtext.blocks(text.value, text.is_rich):
                # A number of a help channel in its place becomes a link only when the page is shown.
                yield from ((text, link) for link in block.links if link[0])
    for text in [*content.texts, *content.addresses]:
        if text.is_line and ADDRESS_LINE.fullmatch(text.value.strip()):
            yield text, (text.value.strip(), "", "")


def _own_addresses(content):
    """Yield the addresses that the page has once it is saved."""
    if not issubclass(content.model, Publishable):
        return
    # A copy: the address depends on the slugs alone.
    row = content.model(key=content.value("key")) if hasattr(content.model, "key") else content.model()
    for language in LANGUAGE_CODES:
        setattr(row, f"slug_{language}", content.value(f"slug_{language}") or "")
        if getattr(row, f"slug_{language}"):
            with override(language):
                yield row.get_absolute_url()


# Sources

# “20%”, “12,5 për qind”, “1 in 5”: these are always statistics.
SHARE = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:%|per ?cent|për qind|përqind)|\b1\s+(?:in|out of|në|nga|ndër)\s+(?:çdo\s+)?\d+\b",
    re.IGNORECASE,
)
# What has no field for the source: the words themselves say it.
WITHOUT_SOURCE = (Demand, Mailing, PageText, Sector)
# “according to INSTAT”, “Burimi: …”, “(UNICEF, 2024)”.
NAMES_SOURCE = re.compile(
    r"\b(?:according to|sources?:|sipas|burim(?:i|et):)|\([^()]*[^\W\d_]{2}[^()]*(?:19|20)\d\d[^()]*\)", re.IGNORECASE
)


def check_sources(content):
    """Yield a finding for each paragraph that has a share and no source."""
    has_field = hasattr(content.model, "source")
    if content.value("source") or not (has_field or content.model in WITHOUT_SOURCE):
        return
    said = (
        _("Say where this figure is from: fill in the source, or link to it in the same paragraph.")
        if has_field
        else _("Say where this figure is from, for example “(INSTAT, 2024)”, or leave it out.")
    )
    found = [(text, *each) for text in content.texts if text.language for each in _read(text)]
    sourced = " ".join(block.text for _text, block, has_source in found if has_source)
    for text, block, has_source in found:
        # A lead sums up the text below, where its figure may have a link.
        if not has_source and (share := SHARE.search(block.text)) and share[0] not in sourced:
            yield Finding(text, "figure", said, passage=share[0])


def _read(text):
    """[(block, whether it says where its figures are from)] of a text."""
    read = richtext.blocks(text.value, text.is_rich)
    return [
        # The link may be in the paragraph after the figure.
        (block, any(near.links for near in read[at : at + 2]) or NAMES_SOURCE.search(block.text))
        for at, block in enumerate(read)
    ]


CHECKS = [check_words, check_stories, check_help_numbers, check_pictures, check_headings, check_links, check_sources]


@receiver(check_content)
def check(sender, content, **kwargs):
    return [finding for each in CHECKS for finding in each(content)]
