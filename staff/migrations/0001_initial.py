"""All tables of staff as Django writes them, and the SQL that runs before and after them."""

from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


def run(*names):
    return [migrations.RunSQL((SQL / f"{name}.sql").read_text(), migrations.RunSQL.noop) for name in names]


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DraftMail',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='draft_mail', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('is_wanted', models.BooleanField(default=True)),
                ('sent_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
            ],
            options={
                'verbose_name': 'account',
                'verbose_name_plural': 'accounts',
                'ordering': ['first_name', 'email'],
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.user',),
        ),
        migrations.CreateModel(
            name='CacheEntry',
            fields=[
                ('cache_key', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('value', models.TextField()),
                ('expires', models.DateTimeField(db_index=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_id', models.CharField(default='', editable=False, max_length=64)),
                ('name', models.CharField(editable=False, max_length=200, verbose_name='name')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('submitted', 'waiting for review'), ('returned', 'returned'), ('scheduled', 'scheduled')], default='draft', editable=False, max_length=9, verbose_name='state')),
                ('publish_at', models.DateTimeField(editable=False, null=True, verbose_name='published from')),
                ('writers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, editable=False)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='changed')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('base', models.CharField(default='', editable=False, max_length=40)),
                ('was_public', models.BooleanField(default=False, editable=False)),
                ('note', models.TextField(default='', editable=False, verbose_name='note')),
                ('changed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='staff.account', verbose_name='by')),
                ('content_type', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype', verbose_name='kind')),
            ],
            options={
                'verbose_name': 'draft',
                'verbose_name_plural': 'drafts',
                'ordering': ['-changed_at'],
                'permissions': [('publish_draft', 'Can publish content')],
                'default_permissions': ('view',),
                'indexes': [models.Index(condition=models.Q(('state', 'scheduled')), fields=['publish_at'], name='draft_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'returned', 'scheduled'])), name='draft_state_is_known'), models.CheckConstraint(condition=models.Q(('state', 'submitted'), models.Q(('publish_at__isnull', False), ('state', 'scheduled')), models.Q(models.Q(('state', 'scheduled'), _negated=True), ('publish_at', None)), _connector='OR'), name='draft_is_scheduled_with_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='when')),
                ('user_id', models.BigIntegerField(editable=False, null=True, verbose_name='member of staff')),
                ('action', models.CharField(choices=[('sign_in', 'signed in'), ('sign_in_failed', 'failed to sign in'), ('sign_out', 'signed out'), ('account', 'changed an account'), ('look', 'viewed personal data'), ('export', 'exported'), ('add', 'added'), ('change', 'changed'), ('restore', 'restored'), ('delete', 'deleted'), ('erase', 'erased')], editable=False, max_length=14, verbose_name='action')),
                ('object_id', models.CharField(editable=False, max_length=64)),
                ('title', models.CharField(editable=False, max_length=200, verbose_name='title')),
                ('subject_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, editable=False)),
                ('count', models.PositiveIntegerField(default=0, editable=False)),
                ('details', models.JSONField(default=dict, editable=False, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('version', models.BigIntegerField(editable=False, null=True)),
                ('content_type', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='contenttypes.contenttype')),
            ],
            options={
                'verbose_name': 'entry of the history',
                'verbose_name_plural': 'history',
                'ordering': ['-at', '-pk'],
                'permissions': [('audit_entry', 'Can see all entries')],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['-at', '-id'], name='entry_newest'), models.Index(fields=['user_id', '-at'], name='entry_by_user'), models.Index(fields=['action', '-at'], name='entry_by_action'), models.Index(condition=models.Q(('action__in', ('add', 'change', 'restore', 'delete', 'erase', 'export'))), fields=['-at', '-id'], name='entry_changes'), models.Index(fields=['content_type', 'object_id', '-at'], name='entry_by_row'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('action', 'export'), _negated=True), fields=['subject_ids'], name='entry_subjects')],
                'constraints': [models.CheckConstraint(condition=models.Q(('action__in', ['sign_in', 'sign_in_failed', 'sign_out', 'account', 'look', 'add', 'change', 'restore', 'delete', 'erase', 'export'])), name='entry_action_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], max_length=2, verbose_name='language of the message')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='ended')),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='due')),
                ('sent_at', models.DateTimeField(editable=False, null=True, verbose_name='sent')),
                ('user', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'invitation',
                'verbose_name_plural': 'invitations',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user',), name='invitation_one_open_per_account'), models.CheckConstraint(condition=models.Q(('language__in', ['sq', 'en'])), name='invitation_language_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=200)),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='staff.account')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('path', 'user'), name='presence_once')],
            },
        ),
    ] + run(
        "audit_log", "accounts",
    )
