"""The buttons of news by email, and what the admin says of each state and of how long sending takes."""

from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from pledges.cases.models import Step
from pledges.mail import mailers
from pledges.mailings.models import Mailing
from pledges.numbers import number

State = Mailing.State
CHANGE, RELEASE = "pledges.change_mailing", "pledges.release_mailing"
RELEASED = (State.SENDING, State.PAUSED, State.DONE, State.CANCELLED)


STEPS = {
    "submit": Step(
        gettext_lazy("Ask a second person to release it"),
        (State.DRAFT,),
        done=gettext_lazy("It is now waiting for a second person. They see it on their front page."),
        in_history=gettext_lazy("asked a second person to release the news email “%(name)s”"),
        permission=CHANGE,
    ),
    "release": Step(
        gettext_lazy("Release and send"),
        (State.READY,),
        done=gettext_lazy("It has been released. The first emails are going out now."),
        in_history=gettext_lazy("released the news email “%(name)s”"),
        warns=(
            gettext_lazy("Each of them gets one email, in the language that they chose for our emails."),
            gettext_lazy("You can pause or cancel it while it is being sent. You cannot undo what has been sent."),
        ),
    ),
    "take_back": Step(
        gettext_lazy("Send back to the writer"),
        (State.READY,),
        done=gettext_lazy("It is a draft again, and can be changed."),
        in_history=gettext_lazy("made the news email “%(name)s” a draft again"),
    ),
    "pause": Step(
        pgettext_lazy("news by email", "Pause"),
        (State.SENDING,),
        done=gettext_lazy("It has been paused. A few emails that are already on their way will still arrive."),
        in_history=gettext_lazy("paused the news email “%(name)s”"),
    ),
    "resume": Step(
        pgettext_lazy("news by email", "Resume"),
        (State.PAUSED,),
        done=gettext_lazy("Sending has resumed."),
        in_history=gettext_lazy("resumed the news email “%(name)s”"),
    ),
    "cancel": Step(
        pgettext_lazy("news by email", "Cancel"),
        (State.SENDING, State.PAUSED),
        done=gettext_lazy("It has been cancelled. No more emails will go out."),
        in_history=gettext_lazy("cancelled the news email “%(name)s”"),
        warns=(gettext_lazy("Those who have not got it yet will not get it. You cannot undo this."),),
    ),
    "hide": Step(
        gettext_lazy("Take it off our site"),
        RELEASED,
        done=gettext_lazy("Visitors no longer see it on our site."),
        in_history=gettext_lazy("took the news email “%(name)s” off the site"),
    ),
    "show": Step(
        gettext_lazy("Show it on our site again"),
        RELEASED,
        done=gettext_lazy("Visitors see it on our site again."),
        in_history=gettext_lazy("showed the news email “%(name)s” on the site again"),
    ),
}
STATES = {
    State.DRAFT: gettext_lazy("This is a draft. It goes to no one until a second person releases it."),
    State.READY: gettext_lazy("It is waiting for a second person, who reads it and releases it."),
    State.SENDING: gettext_lazy("It is being sent."),
    State.PAUSED: gettext_lazy("It is paused: no emails go out until someone resumes it."),
    State.DONE: gettext_lazy("It has been sent."),
    State.CANCELLED: gettext_lazy("It was cancelled: no more emails go out."),
}


def limits_words():
    """How many emails of this kind the mail server takes, in words; "" if no limit is set."""
    per_minute, per_day = mailers.bulk_limits()
    words = [_("at most %(n)s a minute") % {"n": number(per_minute)}] if per_minute else []
    words += [_("at most %(n)s a day") % {"n": number(per_day)}] if per_day else []
    return ", ".join(words)


def duration_words(count):
    """How long so many emails take by the limits of the mail server, in words."""
    per_minute, per_day = mailers.bulk_limits()
    minutes = count / per_minute if per_minute else 0
    if per_day and count > per_day:
        minutes = max(minutes, count / per_day * 24 * 60)
    if not (per_minute or per_day):
        return _("not known: no limit has been set for the mail server")
    if minutes < 60:
        n = max(1, ceil(minutes))
        words = ngettext("about %(n)d minute", "about %(n)d minutes", n)
    elif minutes < 48 * 60:
        n = ceil(minutes / 60)
        words = ngettext("about %(n)d hour", "about %(n)d hours", n)
    else:
        n = ceil(minutes / 60 / 24)
        words = ngettext("about %(n)d day", "about %(n)d days", n)
    return f"{words % {'n': n}} ({limits_words()})"
