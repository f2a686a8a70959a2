"""What becomes of the forms with which people write to the team: see `pledges.inbox.submissions`."""

from pledges.enquiries.models import Enquiry


def settle_enquiries(submissions):
    """Enquiries. No message follows. One from a blocked mailbox is kept too: the block is about what we send."""
    disclosures = Enquiry.objects.disclosures().of_conversations([each.form.get("first") for each in submissions])
    # Who has told of violence goes on with the safeguarding lead.
    disclosed = {str(each.conversation) for each in disclosures}
    disclosed |= {each.form["first"] for each in submissions if each.form["is_alarming"] and "first" in each.form}
    enquiries = []
    for submission in submissions:
        form = submission.form
        first = form.get("first")
        is_disclosure = form["is_alarming"] or first in disclosed
        enquiry = Enquiry(
            pk=submission.pk,
            purpose=form["purpose"],
            language=form["language"],
            created_at=submission.created_at,
            disclosure_at=submission.created_at if is_disclosure else None,
            first_id=first,
        )
        enquiry.set_person(form["name"], form["email"])
        enquiry.text = form["text"]
        enquiries.append(enquiry)
    # A reply that its provider brings in twice has the same id.
    Enquiry.objects.bulk_create(enquiries, ignore_conflicts=True)
