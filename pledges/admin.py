"""The admin of pledges: each concept has its own."""

# Imported first: its registration of DBTaskResult must precede its removal below, in any order of INSTALLED_APPS.
import django_tasks_db.admin
from django.contrib import admin
from django_tasks_db.models import DBTaskResult

import pledges.commitments.admin
import pledges.counting.admin
import pledges.desk.admin
import pledges.enquiries.admin
import pledges.events.admin
import pledges.exports.admin
import pledges.groups.admin
import pledges.inbox.admin
import pledges.mail.admin
import pledges.mail_texts.admin
import pledges.mailings.admin
import pledges.paper.admin
import pledges.places.admin
import pledges.requests.admin
import pledges.sectors.admin
import pledges.settings.admin
import pledges.signing.admin
import pledges.wall.admin

# Task results serve engineers and are in English only; staff see the messages instead.
admin.site.unregister(DBTaskResult)
