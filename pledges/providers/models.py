"""Normalisation rules of mail providers, and blocked addresses."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys


class Rules(dict):
    """{domain: ProviderRule}, as `pledges.addresses.normalise` takes it."""

    def provider_of(self, address):
        """The domain by which the mail provider of an address is known, such as "gmail.com", or "" without a rule for it."""
        _local, domain = addresses.split_address(address)
        rule = self.get(domain)
        return (rule.same_as or rule.domain) if rule else ""


class ProviderRuleQuerySet(models.QuerySet):
    def by_domain(self):
        """These rules as `Rules`."""
        return Rules((rule.domain, rule) for rule in self)


class ProviderRule(models.Model):
    """The normalisation rule of one mail domain. Domains without a rule get case folding only."""

    domain = models.CharField(
        _("domain"), max_length=253, unique=True, help_text=_("In lower case, for example gmail.com.")
    )
    same_as = models.CharField(
        _("same as"),
        max_length=253,
        blank=True,
        help_text=_("The domain whose mailboxes these are, such as gmail.com for googlemail.com."),
    )
    ignores = models.CharField(
        _("ignored characters"),
        max_length=5,
        blank=True,
        help_text=_("Characters that make no difference before the @, for example “.” at Gmail."),
    )
    tag = models.CharField(
        _("tag sign"),
        max_length=1,
        blank=True,
        help_text=_("The sign after which the rest is a tag, such as +."),
    )
    source = models.URLField(
        _("source"),
        help_text=_(
            "Paste the address of the page where the provider says this, for example https://example.org/help."
        ),
    )

    objects = ProviderRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail provider rule")
        verbose_name_plural = _("mail provider rules")
        ordering = ["domain"]

    def __str__(self):
        return self.domain

    def save(self, **kwargs):
        """Save with domains in lower case."""
        self.domain, self.same_as = self.domain.lower(), self.same_as.lower()
        super().save(**kwargs)


def mailbox_digests(address, rules):
    """The digests by each key, newest first, of the mailbox of an address without tag and dots; for limits and blocks only."""
    return keys.digests("mailbox", addresses.limiting_address(address, rules))


class BlockedAddressQuerySet(models.QuerySet):
    def add(self, address):
        """Block the mailbox of this address; does nothing if it is blocked already."""
        blocked = BlockedAddress(mailbox_digest=mailbox_digests(address, ProviderRule.objects.by_domain())[0])
        blocked.address_cipher = keys.encrypt(address, associated_data=blocked.associated_data)
        self.bulk_create([blocked], ignore_conflicts=True)

    def holds(self, address, rules=None):
        """Whether the mailbox of this address is blocked, at its owner's request."""
        rules = ProviderRule.objects.by_domain() if rules is None else rules
        return self.filter(mailbox_digest__in=mailbox_digests(address, rules)).exists()

    def among(self, found, rules):
        """Those of these addresses whose mailboxes are blocked, in one statement."""
        digests = {each: set(keys.digests("mailbox", addresses.limiting_address(each, rules))) for each in found}
        blocked = self.filter(mailbox_digest__in=set().union(*digests.values())).values_list(
            "mailbox_digest", flat=True
        )
        blocked = set(map(bytes, blocked))
        return {address for address, own in digests.items() if own & blocked}


class BlockedAddress(models.Model):
    """A mailbox that must not get mail any more, at its owner's request, as digests; one of its addresses as ciphertext."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, unique=True, editable=False)
    address_cipher = models.BinaryField(editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = BlockedAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("blocked address")
        verbose_name_plural = _("blocked addresses")

    def __str__(self):
        return str(self.pk)[:8]

    @property
    def associated_data(self):
        """The associated data that bind the ciphertext to this row."""
        return f"blocked.address.{self.pk}"

    @property
    def address(self):
        """The decrypted address. Raises CannotDecrypt."""
        return keys.decrypt(self.address_cipher, associated_data=self.associated_data)

    def digests(self, rules):
        """{column: digest} by the first key and these provider rules. Raises CannotDecrypt."""
        return {"mailbox_digest": mailbox_digests(self.address, rules)[0]}
