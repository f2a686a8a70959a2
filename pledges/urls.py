"""Public and personal URLs of the pledges app. The path segments are translated."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter
from django.utils.translation import pgettext_lazy

from pledges.commitments import views as commitments
from pledges.enquiries import views as enquiries
from pledges.figures import views as ribbon
from pledges.groups import views as groups
from pledges.joinings import views as joinings
from pledges.mailings import views as mailings
from pledges.signing import personal, thanks
from pledges.signing import views as sign
from pledges.totals import open_data
from pledges.totals import views as totals
from pledges.wall import views as wall


class TokenConverter(StringConverter):
    """A signed token, or what a mail program or a person made of it: the view answers a mangled one."""


class CodeConverter(StringConverter):
    """A supporter's referral code or the code of an event. Case is ignored."""

    regex = r"[\w-]{1,20}"

    def to_python(self, value):
        return value.lower()


register_converter(TokenConverter, "token")
register_converter(CodeConverter, "code")

app_name = "pledges"
urlpatterns = [
    path(pgettext_lazy("address", "pledge/"), sign.sign, name="sign"),
    path(pgettext_lazy("address", "pledge/inbox/"), sign.inbox, name="inbox"),
    path(pgettext_lazy("address", "pledge/under-16/"), sign.under_16, name="under_16"),
    path(pgettext_lazy("address", "pledge/from-a-friend/"), sign.from_a_friend, name="from_a_friend"),
    path(pgettext_lazy("address", "pledge/with/<code:code>/"), sign.through, name="through"),
    path(pgettext_lazy("address", "pledge/event/<code:code>/"), sign.at_event, name="at_event"),
    path(pgettext_lazy("address", "confirm/<token:token>/"), thanks.confirm, name="confirm"),
    path(pgettext_lazy("address", "thank-you/<token:token>/"), thanks.again, name="thanks_again"),
    path(pgettext_lazy("address", "not-me/<token:token>/"), personal.block, name="block"),
    path(pgettext_lazy("address", "correct-name/<token:token>/"), personal.correct_name, name="correct_name"),
    path(pgettext_lazy("address", "keep/<token:token>/"), personal.keep, name="keep"),
    path(pgettext_lazy("address", "new-address/<token:token>/"), personal.new_address, name="new_address"),
    path(
        pgettext_lazy("address", "not-my-pledge/<token:token>/"), personal.block_new_address, name="block_new_address"
    ),
    path(
        pgettext_lazy("address", "stop-new-address/<token:token>/"), personal.stop_new_address, name="stop_new_address"
    ),
    path(pgettext_lazy("address", "group-pledge/"), groups.form, name="group"),
    path(pgettext_lazy("address", "group-pledge/inbox/"), groups.inbox, name="group_inbox"),
    path(pgettext_lazy("address", "group-pledge/event/<code:code>/"), groups.at_event, name="group_at_event"),
    path(pgettext_lazy("address", "group-pledge/under-18/"), groups.under_18, name="group_under_18"),
    path(pgettext_lazy("address", "confirm-group/<token:token>/"), groups.confirm, name="group_confirm"),
    path(pgettext_lazy("address", "not-my-group/<token:token>/"), groups.block, name="group_block"),
    path(pgettext_lazy("address", "my-group/<token:token>/"), groups.manage, name="group_manage"),
    path(pgettext_lazy("address", "organisations/join/"), joinings.form, name="join"),
    path(pgettext_lazy("address", "organisations/join/inbox/"), joinings.inbox, name="join_inbox"),
    path(pgettext_lazy("address", "confirm-organisation/<token:token>/"), joinings.confirm, name="joining_confirm"),
    path(pgettext_lazy("address", "not-my-organisation/<token:token>/"), joinings.block, name="joining_block"),
    path(pgettext_lazy("address", "contact/press/"), enquiries.form, {"purpose": "press"}, name="enquiry_press"),
    path(
        pgettext_lazy("address", "contact/i-want-to-help/"), enquiries.form, {"purpose": "offer"}, name="enquiry_offer"
    ),
    path(pgettext_lazy("address", "contact/data/"), enquiries.form, {"purpose": "data"}, name="enquiry_data"),
    path(pgettext_lazy("address", "contact/site/"), enquiries.form, {"purpose": "site"}, name="enquiry_site"),
    path(pgettext_lazy("address", "contact/other/"), enquiries.form, {"purpose": "other"}, name="enquiry_other"),
    path(pgettext_lazy("address", "contact/further/<token:token>/"), enquiries.further, name="further"),
    path(pgettext_lazy("address", "contact/sent/"), enquiries.sent, name="enquiry_sent"),
    path(pgettext_lazy("address", "my-pledge/"), personal.my_pledge, name="my_pledge"),
    path(pgettext_lazy("address", "my-pledge/sent/"), personal.my_pledge_sent, name="my_pledge_sent"),
    path(pgettext_lazy("address", "my-pledge/<token:token>/"), personal.manage, name="manage"),
    path(pgettext_lazy("address", "bring-one-more/<token:token>/"), thanks.share, name="share"),
    path(pgettext_lazy("address", "commitments/<token:token>/"), commitments.commit, name="commit"),
    path(pgettext_lazy("address", "commitments/<token:token>/calendar/"), commitments.calendar, name="calendar"),
    path(pgettext_lazy("address", "how-it-went/<token:token>/"), commitments.answer, name="answer"),
    path(pgettext_lazy("address", "end-emails/<token:token>/"), commitments.end_emails, name="end_emails"),
    path(pgettext_lazy("address", "withdraw/<token:token>/"), personal.withdraw, name="withdraw"),
    path(pgettext_lazy("address", "my-data/<token:token>/"), personal.data, name="data"),
    path(pgettext_lazy("address", "blue-ribbon/"), ribbon.page, name="ribbon"),
    path(pgettext_lazy("address", "certificate/<token:token>/"), thanks.certificate, name="certificate"),
    path(pgettext_lazy("address", "totals/"), totals.page, name="totals"),
    path(pgettext_lazy("address", "totals/<slug:slug>/"), totals.county, name="county"),
    path(pgettext_lazy("address", "how-we-count/"), totals.method, name="method"),
    path(pgettext_lazy("address", "news-by-email/"), mailings.archive, name="mailings"),
    path(pgettext_lazy("address", "news-by-email/<int:number>/"), mailings.page, name="mailing"),
    path(pgettext_lazy("address", "no-more-news/<token:token>/"), mailings.end_news_page, name="end_news"),
    path(pgettext_lazy("address", "wall/"), wall.page, name="wall"),
    path(pgettext_lazy("address", "wall/<int:number>/"), wall.page, name="wall_page"),
    path(pgettext_lazy("address", "open-data/"), open_data.page, name="open_data"),
]
