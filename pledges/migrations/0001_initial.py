"""All tables of pledges as Django writes them, and the SQL that runs before and after them."""

from pathlib import Path

import datetime
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.utils.timezone
import pledges.events.models
import pledges.published.rule
import uuid
import zoneinfo
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


def run(*names):
    return [migrations.RunSQL((SQL / f"{name}.sql").read_text(), migrations.RunSQL.noop) for name in names]


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("mfa", "0003_authenticator_type_uniq"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *run("before"),
        migrations.CreateModel(
            name='AlarmWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(help_text='A word or phrase, in Albanian or in English. Accents and capitals do not matter. An asterisk (*) matches any ending; on its own it matches one word or none. For example “hurt* * me” finds “hurts me” and “hurts even me”.', max_length=80, unique=True, verbose_name='words')),
            ],
            options={
                'verbose_name': 'alarm word',
                'verbose_name_plural': 'alarm words',
                'ordering': ['words'],
            },
        ),
        migrations.CreateModel(
            name='Backup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(editable=False, null=True)),
                ('checked_at', models.DateTimeField(editable=False, null=True)),
                ('copied_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='BlockedAddress',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('mailbox_digest', models.BinaryField(max_length=33, unique=True)),
                ('address_cipher', models.BinaryField()),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
            ],
            options={
                'verbose_name': 'blocked address',
                'verbose_name_plural': 'blocked addresses',
            },
        ),
        migrations.CreateModel(
            name='Commitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(help_text='A short name, such as “parents-house-rules”. You cannot change it later.', unique=True, verbose_name='key')),
                ('text_sq', models.CharField(help_text='Write what the supporter will do: one sentence in the first person, for example “I ask every week how the day at school was”.', max_length=240, verbose_name='text')),
                ('text_en', models.CharField(help_text='Write what the supporter will do: one sentence in the first person, for example “I ask every week how the day at school was”.', max_length=240, verbose_name='text')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower comes first, for example 10 before 20.', verbose_name='position')),
                ('is_offered', models.BooleanField(db_default=True, default=True, help_text='If this is off, nobody new can choose it. Those who have chosen it keep it, and it stays in the figures.', verbose_name='offered')),
            ],
            options={
                'verbose_name': 'commitment',
                'verbose_name_plural': 'commitments',
                'ordering': ['sector', 'position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='County',
            fields=[
                ('name_sq', models.CharField(help_text='As it appears in lists, for example “Durrës”.', max_length=60, verbose_name='name')),
                ('name_en', models.CharField(help_text='As it appears in lists, for example “Durrës”.', max_length=60, verbose_name='name')),
                ('sort_key', models.CharField(editable=False, max_length=80, verbose_name='sort key')),
                ('code', models.CharField(help_text='ISO 3166-2, such as AL-11; partners rely on it.', max_length=6, primary_key=True, serialize=False, verbose_name='code')),
                ('full_name_sq', models.CharField(help_text='As it appears on its own, for example “Durrës County”.', max_length=80, verbose_name='full name')),
                ('full_name_en', models.CharField(help_text='As it appears on its own, for example “Durrës County”.', max_length=80, verbose_name='full name')),
                ('population', models.PositiveIntegerField(blank=True, help_text='The number of people in the INSTAT census of 2023, for example 150000.', null=True, verbose_name='population')),
            ],
            options={
                'verbose_name': 'county',
                'verbose_name_plural': 'counties',
                'ordering': ['sort_key'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title_sq', models.CharField(help_text='What it is, for example “Blue Ribbon march in Shkodër”.', max_length=120, verbose_name='title')),
                ('title_en', models.CharField(help_text='What it is, for example “Blue Ribbon march in Shkodër”.', max_length=120, verbose_name='title')),
                ('slug_sq', models.SlugField(error_messages={'unique': 'Another event already uses this address. Choose a different one.'}, help_text='The last part of the page’s address, for example “ribbon-week”. It cannot be changed later, because posters show it.', max_length=80, unique=True, verbose_name='address')),
                ('slug_en', models.SlugField(error_messages={'unique': 'Another event already uses this address. Choose a different one.'}, help_text='The last part of the page’s address, for example “ribbon-week”. It cannot be changed later, because posters show it.', max_length=80, unique=True, verbose_name='address')),
                ('text_sq', models.TextField(help_text='Say what happens, for whom, and who organises it, for example “Parents and teachers meet at the school”. Plain text; an empty line begins a paragraph.', max_length=3000, verbose_name='text')),
                ('text_en', models.TextField(help_text='Say what happens, for whom, and who organises it, for example “Parents and teachers meet at the school”. Plain text; an empty line begins a paragraph.', max_length=3000, verbose_name='text')),
                ('place_sq', models.CharField(help_text='Where people go, for example “in front of the town hall”. “Online” if there is no place.', max_length=160, verbose_name='place')),
                ('place_en', models.CharField(help_text='Where people go, for example “in front of the town hall”. “Online” if there is no place.', max_length=160, verbose_name='place')),
                ('map_url', models.URLField(blank=True, help_text='Paste the link that openstreetmap.org shows under “Share”, for example https://www.openstreetmap.org/node/1. The page has it as a link, not as a map.', verbose_name='map')),
                ('begins', models.DateTimeField(help_text='Date and time in Tirana.', verbose_name='begins')),
                ('ends', models.DateTimeField(help_text='Date and time in Tirana.', verbose_name='ends')),
                ('is_all_day', models.BooleanField(default=False, help_text='Tick this to show the days only, without times.', verbose_name='whole days')),
                ('is_shown', models.BooleanField(default=False, help_text='Everyone can see it. Until you tick this, only staff can.', verbose_name='shown')),
                ('code', models.CharField(default=pledges.events.models.make_code, editable=False, max_length=8, unique=True)),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
                'ordering': ['-begins', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='FailedStep',
            fields=[
                ('step', models.CharField(editable=False, max_length=200, primary_key=True, serialize=False)),
                ('failed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('error', models.CharField(editable=False, max_length=80)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='FallenProvider',
            fields=[
                ('provider', models.CharField(max_length=253, primary_key=True, serialize=False)),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('sent', models.PositiveIntegerField()),
                ('confirmed', models.PositiveIntegerField()),
                ('usual', models.PositiveIntegerField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Pledge',
            fields=[
                ('restricted_at', models.DateTimeField(editable=False, null=True, verbose_name='restricted since')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], help_text='The language we use to email this person.', max_length=2, verbose_name='language')),
                ('source', models.CharField(choices=[('web', 'form'), ('demo', 'demonstration')], db_default='web', default='web', max_length=8, verbose_name='source')),
                ('state', models.CharField(choices=[('pending', 'waiting for confirmation'), ('confirmed', 'confirmed'), ('invalidated', 'invalidated')], db_default='pending', default='pending', max_length=11, verbose_name='state')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='signed')),
                ('expires_at', models.DateTimeField(db_default=django.db.models.expressions.CombinedExpression(django.db.models.functions.datetime.Now(), '+', models.Value(datetime.timedelta(days=14))), editable=False)),
                ('confirmed_at', models.DateTimeField(editable=False, null=True, verbose_name='confirmed')),
                ('confirmed_on', models.GeneratedField(db_persist=True, expression=django.db.models.functions.datetime.TruncDate('confirmed_at', tzinfo=zoneinfo.ZoneInfo(key='Europe/Tirane')), output_field=models.DateField(null=True))),
                ('invalidated_at', models.DateTimeField(editable=False, null=True, verbose_name='invalidated')),
                ('name_cipher', models.BinaryField(null=True)),
                ('address_cipher', models.BinaryField(null=True)),
                ('keep_asked_at', models.DateTimeField(editable=False, null=True)),
                ('kept_at', models.DateTimeField(editable=False, null=True)),
                ('new_address_cipher', models.BinaryField(null=True)),
                ('new_address_at', models.DateTimeField(editable=False, null=True)),
                ('address_digest', models.BinaryField(max_length=33)),
                ('name_digest', models.BinaryField(max_length=33)),
                ('domain_digest', models.BinaryField(max_length=33)),
                ('network_digest', models.BinaryField(max_length=33, null=True)),
                ('slot', models.PositiveSmallIntegerField(editable=False)),
                ('consent_language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], max_length=2, verbose_name='language of the consent')),
                ('consented_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='consented')),
                ('worded_language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], max_length=2, verbose_name='language of the text')),
                ('worded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='signed this text on')),
                ('show_name', models.BooleanField(default=False, help_text='Only tick this if the person asked for it and is 18 or over.', verbose_name='shows the name')),
                ('wall', models.CharField(choices=[('waiting', 'waiting to be checked'), ('shown', 'shown'), ('refused', 'refused')], db_default='waiting', default='waiting', editable=False, max_length=7, verbose_name='name on the wall')),
                ('wall_at', models.DateField(editable=False, null=True, verbose_name='decided')),
                ('updates', models.BooleanField(default=False, help_text='Only tick this if the person asked for news by email.', verbose_name='wants news')),
                ('link_version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('inviter_cipher', models.BinaryField(null=True)),
                ('reminded_at', models.DateTimeField(editable=False, null=True, verbose_name='reminded')),
                ('repeats', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ('written_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('county', models.ForeignKey(blank=True, db_index=False, help_text='This is empty if the person did not say.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pledges', to='pledges.county', verbose_name='county')),
            ],
            options={
                'verbose_name': 'pledge',
                'verbose_name_plural': 'pledges',
                'ordering': ['-created_at'],
                'permissions': [('see_people', 'Can see names and addresses of supporters')],
            },
        ),
        migrations.CreateModel(
            name='Mailer',
            fields=[
                ('name', models.CharField(max_length=7, primary_key=True, serialize=False)),
                ('paced_until', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('sent', models.JSONField(default=dict)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ProviderRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(help_text='In lower case, for example gmail.com.', max_length=253, unique=True, verbose_name='domain')),
                ('same_as', models.CharField(blank=True, help_text='The domain whose mailboxes these are, such as gmail.com for googlemail.com.', max_length=253, verbose_name='same as')),
                ('ignores', models.CharField(blank=True, help_text='Characters that make no difference before the @, for example “.” at Gmail.', max_length=5, verbose_name='ignored characters')),
                ('tag', models.CharField(blank=True, help_text='The sign after which the rest is a tag, such as +.', max_length=1, verbose_name='tag sign')),
                ('source', models.URLField(help_text='Paste the address of the page where the provider says this, for example https://example.org/help.', verbose_name='source')),
            ],
            options={
                'verbose_name': 'mail provider rule',
                'verbose_name_plural': 'mail provider rules',
                'ordering': ['domain'],
            },
        ),
        migrations.CreateModel(
            name='RefusedWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.CharField(help_text='One word. Accents and capitals do not matter. An asterisk (*) at its end matches any ending, for example “idiot*”.', max_length=40, unique=True, verbose_name='word')),
            ],
            options={
                'verbose_name': 'refused word',
                'verbose_name_plural': 'refused words',
                'ordering': ['word'],
            },
        ),
        migrations.CreateModel(
            name='SlowLane',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('network_digest', models.BinaryField(max_length=33, unique=True)),
                ('last_at', models.DateTimeField(editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='StarterItem',
            fields=[
                ('key', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Statistic',
            fields=[
                ('pk', models.CompositePrimaryKey('at', 'kind', 'label', blank=True, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(choices=[('challenge', 'asked for a challenge'), ('refusal', 'refused'), ('ignored', 'Ignored'), ('signed', 'Signed'), ('sent', 'Sent'), ('confirmed', 'Confirmed'), ('expired', 'Expired'), ('bounced', 'Bounced'), ('spam', 'Spam')], max_length=9)),
                ('label', models.CharField(blank=True, max_length=253)),
                ('n', models.PositiveIntegerField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Tombstone',
            fields=[
                ('id', models.UUIDField(db_default=models.Func(function='gen_random_uuid', output_field=models.UUIDField()), editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_default=models.Func(function='clock_timestamp'), editable=False)),
                ('kind', models.CharField(editable=False, max_length=40)),
                ('row', models.CharField(editable=False, max_length=36)),
                ('values', models.JSONField(editable=False, null=True)),
                ('copied_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(condition=models.Q(('copied_at', None)), fields=['at'], name='tombstone_not_copied')],
            },
        ),
        migrations.CreateModel(
            name='Unreadable',
            fields=[
                ('place', models.CharField(editable=False, max_length=80, primary_key=True, serialize=False)),
                ('found_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='UsedChallenge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('expires_at', models.DateTimeField(editable=False)),
                ('used_by', models.UUIDField(editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('network_digest', models.BinaryField(max_length=33)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'indexes': [models.Index(fields=['network_digest', 'created_at'], name='attempt_network')],
            },
        ),
        migrations.CreateModel(
            name='ContentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mark', models.BigIntegerField()),
                ('is_mail_slow', models.BooleanField(db_default=False, default=False)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='content_version_single_row')],
            },
        ),
        migrations.CreateModel(
            name='Count',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateTimeField()),
                ('figures', models.JSONField()),
                ('version', models.GeneratedField(db_persist=True, expression=models.Func(django.db.models.functions.comparison.Cast('figures', models.TextField()), 0, function='hashtextextended', output_field=models.BigIntegerField()), output_field=models.BigIntegerField())),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='count_single_row')],
            },
        ),
        migrations.CreateModel(
            name='Enquiry',
            fields=[
                ('restricted_at', models.DateTimeField(editable=False, null=True, verbose_name='restricted since')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name_cipher', models.BinaryField(null=True)),
                ('address_cipher', models.BinaryField(null=True)),
                ('address_digest', models.BinaryField(max_length=33, null=True)),
                ('words_cipher', models.BinaryField(null=True)),
                ('link_version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], max_length=2, verbose_name='language')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='sent')),
                ('purpose', models.CharField(choices=[('press', 'press'), ('data', 'personal data'), ('site', 'something wrong on the site'), ('other', 'something else')], editable=False, max_length=5, verbose_name='purpose')),
                ('first_id', models.UUIDField(db_index=True, editable=False, null=True)),
                ('text_cipher', models.BinaryField()),
                ('text_digest', models.BinaryField(max_length=33, null=True, unique=True)),
                ('state', models.CharField(choices=[('new', 'new'), ('assigned', 'assigned'), ('answered', 'answered'), ('closed', 'closed')], default='new', editable=False, max_length=8, verbose_name='state')),
                ('assigned_at', models.DateTimeField(editable=False, null=True)),
                ('answered_at', models.DateTimeField(editable=False, null=True)),
                ('closed_at', models.DateTimeField(editable=False, null=True)),
                ('stray_at', models.DateTimeField(editable=False, null=True)),
                ('disclosure_at', models.DateTimeField(editable=False, null=True, verbose_name='alarm')),
                ('alerted_at', models.DateTimeField(editable=False, null=True)),
                ('passed_at', models.DateTimeField(editable=False, null=True, verbose_name='passed on')),
                ('taker_cipher', models.BinaryField(null=True)),
                ('reference_cipher', models.BinaryField(null=True)),
                ('assignee', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='assigned to')),
            ],
            options={
                'verbose_name': 'message to us',
                'verbose_name_plural': 'messages to us',
                'ordering': ['created_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='DataRequest',
            fields=[
                ('restricted_at', models.DateTimeField(editable=False, null=True, verbose_name='restricted since')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name_cipher', models.BinaryField(null=True)),
                ('address_cipher', models.BinaryField(null=True)),
                ('address_digest', models.BinaryField(max_length=33, null=True)),
                ('words_cipher', models.BinaryField(null=True)),
                ('link_version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], max_length=2, verbose_name='language')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='sent')),
                ('kind', models.CharField(choices=[('access', 'a copy of their data'), ('correction', 'a correction'), ('restriction', 'a restriction'), ('erasure', 'erasure')], max_length=11, verbose_name='asked for')),
                ('received_on', models.DateField(help_text='The day on which it reached us, in any way.', verbose_name='received on')),
                ('due_on', models.GeneratedField(db_persist=True, expression=models.Func(models.F('received_on'), output_field=models.DateField(), template='(%(expressions)s + 30)'), output_field=models.DateField(), verbose_name='answer by')),
                ('identity', models.CharField(blank=True, choices=[('mailbox', 'they showed that they read this mailbox'), ('document', 'they came in person with an identity document'), ('phone', 'we phoned them, and they knew what only they can know'), ('nothing', 'no need: we hold nothing')], max_length=8, verbose_name='how we know who is asking')),
                ('state', models.CharField(choices=[('open', 'to be answered'), ('answered', 'answered'), ('refused', 'refused')], default='open', editable=False, max_length=8, verbose_name='state')),
                ('refusal', models.CharField(blank=True, choices=[('identity', 'We could not confirm that the data is yours.'), ('unclear', 'You did not answer our question about what you are asking for.'), ('repeated', 'We have already answered the same request.'), ('other', 'Another reason, in our own words.')], editable=False, max_length=8, verbose_name='reason')),
                ('closed_at', models.DateTimeField(editable=False, null=True, verbose_name='answered')),
                ('enquiry', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='data_requests', to='pledges.enquiry')),
            ],
            options={
                'verbose_name': 'request about personal data',
                'verbose_name_plural': 'requests about personal data',
                'ordering': ['due_on', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text_cipher', models.BinaryField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enquiry', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='pledges.enquiry')),
            ],
            options={
                'ordering': ['created_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Disclosure',
            fields=[
            ],
            options={
                'verbose_name': 'disclosure',
                'verbose_name_plural': 'disclosures',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('pledges.enquiry',),
        ),
        migrations.CreateModel(
            name='EventCount',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='count', serialize=False, to='pledges.event')),
                ('confirmations', models.PositiveIntegerField(default=0)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('content', models.CharField(choices=[('pledges', 'pledges, without names and addresses'), ('people', 'pledges, with names and addresses'), ('updates', 'names and addresses of people who want news')], max_length=7, verbose_name='content')),
                ('format', models.CharField(choices=[('csv', 'CSV'), ('xlsx', 'XLSX')], default='xlsx', help_text='XLSX opens in Excel and LibreOffice, and holds a million pledges: a longer export becomes a CSV. Choose CSV when another program asks for it, such as one for mailings.', max_length=4, verbose_name='kind of file')),
                ('filters', models.JSONField(default=dict, editable=False, verbose_name='filters')),
                ('state', models.CharField(choices=[('running', 'running'), ('finished', 'finished'), ('broken_off', 'stopped early')], default='running', editable=False, max_length=10, verbose_name='state')),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='started')),
                ('read_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='ended')),
                ('rows', models.PositiveIntegerField(default=0, editable=False, verbose_name='rows')),
                ('expected', models.PositiveIntegerField(default=0, editable=False, verbose_name='expected rows')),
                ('user', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='exports', to=settings.AUTH_USER_MODEL, verbose_name='member of staff')),
            ],
            options={
                'verbose_name': 'export',
                'verbose_name_plural': 'exports',
                'ordering': ['-started_at'],
                'permissions': [('export_pledges', 'Can export pledges, and with “see people” their names and addresses'), ('export_updates', 'Can export people who want news, if allowed to see people')],
                'default_permissions': ['view'],
            },
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('pledge', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='follow_up', serialize=False, to='pledges.pledge')),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('questions', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ('asked_at', models.DateTimeField(editable=False, null=True)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ReferralLink',
            fields=[
                ('pledge', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='referral_link', serialize=False, to='pledges.pledge')),
                ('code_cipher', models.BinaryField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Follow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('demand', models.CharField(editable=False, max_length=50, null=True)),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('county', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pledges.county')),
                ('pledge', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='follows', to='pledges.pledge')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ChosenCommitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chosen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='chosen')),
                ('slot', models.PositiveSmallIntegerField(editable=False)),
                ('day', models.DateField(editable=False, null=True, verbose_name='day')),
                ('part', models.CharField(choices=[('morning', 'in the morning'), ('midday', 'around midday'), ('afternoon', 'in the afternoon'), ('evening', 'in the evening')], db_default='', default='', editable=False, max_length=9, verbose_name='part of the day')),
                ('place', models.CharField(choices=[('home', 'at home'), ('school', 'at school or kindergarten'), ('work', 'at work'), ('outdoors', 'outdoors or on the way'), ('phone', 'on the phone or online'), ('elsewhere', 'somewhere else')], db_default='', default='', editable=False, max_length=9, verbose_name='place')),
                ('remind_at', models.DateTimeField(editable=False, null=True)),
                ('reminded_at', models.DateTimeField(editable=False, null=True)),
                ('asked_at', models.DateTimeField(editable=False, null=True)),
                ('answer', models.CharField(choices=[('done', 'I have done it'), ('going_on', 'I am still working on it'), ('cannot_say', 'I cannot say'), ('not_any_more', 'It is not for me any more')], db_default='', default='', editable=False, max_length=12)),
                ('answered_question', models.PositiveSmallIntegerField(editable=False, null=True)),
                ('answered_at', models.DateTimeField(editable=False, null=True)),
                ('commitment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chosen', to='pledges.commitment', verbose_name='commitment')),
                ('pledge', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chosen', to='pledges.pledge', verbose_name='pledge')),
            ],
            options={
                'verbose_name': 'chosen commitment',
                'verbose_name_plural': 'chosen commitments',
            },
        ),
        migrations.CreateModel(
            name='WallName',
            fields=[
            ],
            options={
                'verbose_name': 'name for the wall',
                'verbose_name_plural': 'names for the wall',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('pledges.pledge',),
        ),
        migrations.CreateModel(
            name='Goal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('people', models.PositiveIntegerField(help_text='How many supporters we aim for, for example 5000.', validators=[django.core.validators.MinValueValidator(10)], verbose_name='number of supporters')),
                ('sentence_sq', models.CharField(blank=True, help_text='What we do when there are this many supporters, as one sentence, for example “At 5000 we hand our demands to Parliament.” If this is empty, only the number is shown.', max_length=160, verbose_name='what happens then')),
                ('sentence_en', models.CharField(blank=True, help_text='What we do when there are this many supporters, as one sentence, for example “At 5000 we hand our demands to Parliament.” If this is empty, only the number is shown.', max_length=160, verbose_name='what happens then')),
                ('county', models.ForeignKey(blank=True, help_text='Leave empty for a goal of the whole country. The page of a county shows its goals.', limit_choices_to=models.Q(('code', 'abroad'), _negated=True), null=True, on_delete=django.db.models.deletion.PROTECT, related_name='goals', to='pledges.county', verbose_name='county')),
            ],
            options={
                'verbose_name': 'goal',
                'verbose_name_plural': 'goals',
                'ordering': [models.OrderBy(models.F('county__sort_key'), nulls_first=True), 'people'],
            },
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('beat_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('is_clock_steady', models.BooleanField(db_default=True, editable=False)),
                ('certificate_read_at', models.DateTimeField(editable=False, null=True)),
                ('certificate_ends_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='heartbeat_single_row')],
            },
        ),
        migrations.CreateModel(
            name='Mailing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_sq', models.CharField(blank=True, help_text='Shown in the inbox, where other people may see it. Keep it neutral, for example “News from We are 1”.', max_length=70, verbose_name='subject')),
                ('subject_en', models.CharField(blank=True, help_text='Shown in the inbox, where other people may see it. Keep it neutral, for example “News from We are 1”.', max_length=70, verbose_name='subject')),
                ('text_sq', models.TextField(blank=True, help_text='Plain text; an empty line begins a paragraph. A full address becomes a link, for example https://example.org/report.', max_length=6000, verbose_name='text')),
                ('text_en', models.TextField(blank=True, help_text='Plain text; an empty line begins a paragraph. A full address becomes a link, for example https://example.org/report.', max_length=6000, verbose_name='text')),
                ('button_sq', models.CharField(blank=True, help_text='The words on a button below the text, for example “Read the report”. Leave empty for no button.', max_length=60, verbose_name='button')),
                ('button_en', models.CharField(blank=True, help_text='The words on a button below the text, for example “Read the report”. Leave empty for no button.', max_length=60, verbose_name='button')),
                ('link_sq', models.CharField(blank=True, help_text='The full address of the page in this language, for example https://example.org/report.', max_length=300, validators=[django.core.validators.URLValidator(['https', 'http'])], verbose_name='where the button leads')),
                ('link_en', models.CharField(blank=True, help_text='The full address of the page in this language, for example https://example.org/report.', max_length=300, validators=[django.core.validators.URLValidator(['https', 'http'])], verbose_name='where the button leads')),
                ('audience', models.CharField(choices=[('news', 'everyone who asked for news'), ('sector', 'those of one group who asked for news'), ('demand', 'those who follow a demand'), ('county', 'those who follow a county')], default='news', max_length=6, verbose_name='recipients')),
                ('demand', models.CharField(blank=True, default='', max_length=50, verbose_name='demand')),
                ('demand_title_sq', models.CharField(blank=True, default='', editable=False, max_length=120)),
                ('demand_title_en', models.CharField(blank=True, default='', editable=False, max_length=120)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('ready', 'waits for a second person'), ('sending', 'being sent'), ('paused', 'paused'), ('done', 'sent'), ('cancelled', 'cancelled')], default='draft', editable=False, max_length=9, verbose_name='state')),
                ('writers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, editable=False)),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('note', models.TextField(db_default='', default='', editable=False, max_length=2000, verbose_name='note')),
                ('released_at', models.DateTimeField(editable=False, null=True, verbose_name='released')),
                ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='ended')),
                ('people', models.PositiveIntegerField(editable=False, null=True)),
                ('reached', models.UUIDField(editable=False, null=True)),
                ('is_archived', models.BooleanField(db_default=True, default=True, help_text='If this is off, visitors cannot read it among the news, for example after a mistake.', verbose_name='on our site')),
                ('county', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pledges.county', verbose_name='county')),
                ('released_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='released by')),
                ('written_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='last changed by')),
            ],
            options={
                'verbose_name': 'news email',
                'verbose_name_plural': 'news by email',
                'ordering': ['-pk'],
                'permissions': [('release_mailing', 'Can release news by email')],
            },
        ),
        migrations.CreateModel(
            name='MailingCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('sent', 'Sent'), ('returned', 'Returned'), ('spam', 'Spam'), ('unsubscribed', 'Unsubscribed')], max_length=12)),
                ('n', models.PositiveIntegerField()),
                ('mailing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='counts', to='pledges.mailing')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='MessageGrant',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('mailbox_digest', models.BinaryField(max_length=33)),
                ('network_digest', models.BinaryField(null=True)),
                ('is_link_caused', models.BooleanField(editable=False)),
                ('granted_at', models.DateTimeField(editable=False)),
            ],
            options={
                'indexes': [models.Index(fields=['mailbox_digest', 'granted_at'], name='message_grant_mailbox')],
                'constraints': [models.CheckConstraint(condition=models.Q(('mailbox_digest__length', 33)), name='message_grant_digest_lengths')],
            },
        ),
        migrations.CreateModel(
            name='MessageText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('confirm', 'please confirm'), ('reminder', 'reminder to confirm'), ('counted', 'you are counted'), ('already', 'you have already signed'), ('similar', 'signed again with a similar name'), ('full', 'two people have signed with this address'), ('links', 'your link'), ('fresh', 'a new link'), ('new_address', 'confirm the new address'), ('moving', 'a change of your address was asked for'), ('moved', 'your address has been changed'), ('plan', 'reminder of a plan'), ('how', 'how did it go?'), ('keep', 'should we keep your name and address?'), ('corrected', 'your pledge has been corrected'), ('withdrawn', 'your pledge has been erased'), ('group', 'group: please confirm'), ('group_open', 'group: we are checking it'), ('group_yes', 'group: counted'), ('group_no', 'group: not counted'), ('group_out', 'group: withdrawn'), ('group_links', 'group: your links'), ('join', 'organisation: please confirm'), ('join_again', 'organisation: already sent'), ('join_yes', 'organisation: on our page'), ('join_no', 'organisation: refused'), ('join_renew', 'organisation: still with us?'), ('join_out', 'organisation: has left'), ('join_links', 'organisation: your links'), ('voice', 'voice: please approve it'), ('news', 'news by email'), ('answer', 'answer to an enquiry'), ('data_copy', 'request: the copy of the data'), ('data_fixed', 'request: the data is corrected'), ('data_limit', 'request: the data is restricted'), ('data_erased', 'request: the data is erased'), ('data_none', 'request: we hold nothing'), ('data_no', 'request: refused'), ('alarm', 'to the safeguarding lead: sign in')], editable=False, max_length=11, unique=True, verbose_name='kind')),
                ('subject_sq', models.CharField(help_text='Shown in the inbox, where other people may see it. Keep it neutral, for example “Your link”. It is the same for everyone, so do not include a name.', max_length=70, verbose_name='subject')),
                ('subject_en', models.CharField(help_text='Shown in the inbox, where other people may see it. Keep it neutral, for example “Your link”. It is the same for everyone, so do not include a name.', max_length=70, verbose_name='subject')),
                ('text_sq', models.TextField(help_text='Write the text above the button, for example “Thank you for signing”. Leave an empty line to start a new paragraph. Plain text, no links.', max_length=2000, verbose_name='text')),
                ('text_en', models.TextField(help_text='Write the text above the button, for example “Thank you for signing”. Leave an empty line to start a new paragraph. Plain text, no links.', max_length=2000, verbose_name='text')),
                ('button_sq', models.CharField(help_text='The text on the button, for example “Open my pledge”. You cannot change where it leads.', max_length=60, verbose_name='button')),
                ('button_en', models.CharField(help_text='The text on the button, for example “Open my pledge”. You cannot change where it leads.', max_length=60, verbose_name='button')),
                ('second_button_sq', models.CharField(blank=True, help_text='The text on the button for a pledge that has not been confirmed yet, for example “Confirm my pledge”.', max_length=60, verbose_name='button to confirm')),
                ('second_button_en', models.CharField(blank=True, help_text='The text on the button for a pledge that has not been confirmed yet, for example “Confirm my pledge”.', max_length=60, verbose_name='button to confirm')),
                ('after_sq', models.TextField(blank=True, help_text='The text below the button, for example “The link works until {day}”. You can leave it empty.', max_length=1000, verbose_name='text after the button')),
                ('after_en', models.TextField(blank=True, help_text='The text below the button, for example “The link works until {day}”. You can leave it empty.', max_length=1000, verbose_name='text after the button')),
            ],
            options={
                'verbose_name': 'text of an email',
                'verbose_name_plural': 'texts of our emails',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('subject_sq', ''), _negated=True), models.Q(('subject_en', ''), _negated=True), models.Q(('text_sq', ''), _negated=True), models.Q(('text_en', ''), _negated=True), models.Q(('button_sq', ''), _negated=True), models.Q(('button_en', ''), _negated=True)), name='message_text_in_both_languages')],
            },
        ),
        migrations.CreateModel(
            name='Municipality',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_sq', models.CharField(help_text='As it appears in lists, for example “Durrës”.', max_length=60, verbose_name='name')),
                ('name_en', models.CharField(help_text='As it appears in lists, for example “Durrës”.', max_length=60, verbose_name='name')),
                ('sort_key', models.CharField(editable=False, max_length=80, verbose_name='sort key')),
                ('county', models.ForeignKey(help_text='The county it belongs to.', on_delete=django.db.models.deletion.PROTECT, related_name='municipalities', to='pledges.county', verbose_name='county')),
            ],
            options={
                'verbose_name': 'municipality',
                'verbose_name_plural': 'municipalities',
                'ordering': ['sort_key'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Joining',
            fields=[
                ('restricted_at', models.DateTimeField(editable=False, null=True, verbose_name='restricted since')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name_cipher', models.BinaryField(null=True)),
                ('address_cipher', models.BinaryField(null=True)),
                ('address_digest', models.BinaryField(max_length=33, null=True)),
                ('words_cipher', models.BinaryField(null=True)),
                ('link_version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], max_length=2, verbose_name='language')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='sent')),
                ('agreed', models.TextField(verbose_name='agreed to')),
                ('expires_at', models.DateTimeField(db_default=django.db.models.expressions.CombinedExpression(django.db.models.functions.datetime.Now(), '+', models.Value(datetime.timedelta(days=14))), editable=False)),
                ('confirmed_at', models.DateTimeField(editable=False, null=True, verbose_name='confirmed')),
                ('approved_at', models.DateTimeField(editable=False, null=True, verbose_name='approved')),
                ('refused_at', models.DateTimeField(editable=False, null=True, verbose_name='refused')),
                ('organisation', models.CharField(max_length=120, verbose_name='organisation')),
                ('organisation_key', models.CharField(editable=False, max_length=120)),
                ('kind', models.CharField(choices=[('school', 'school'), ('kindergarten', 'kindergarten'), ('municipality', 'municipality'), ('institution', 'public institution'), ('association', 'association'), ('culture', 'culture'), ('media', 'media'), ('sport', 'sport'), ('business', 'business'), ('other', 'other organisation')], max_length=12, verbose_name='kind')),
                ('url', models.URLField(blank=True, verbose_name='address on the web')),
                ('domain', models.CharField(blank=True, editable=False, max_length=253)),
                ('statement_sq', models.CharField(blank=True, max_length=300, verbose_name='statement')),
                ('statement_en', models.CharField(blank=True, max_length=300, verbose_name='statement')),
                ('state', models.CharField(choices=[('submitted', 'waiting for confirmation'), ('confirmed', 'waiting to be checked'), ('approved', 'approved'), ('refused', 'refused'), ('ended', 'has left')], default='submitted', max_length=9, verbose_name='state')),
                ('refusal', models.CharField(blank=True, choices=[('double', 'This organisation is already on our page.'), ('unknown', 'We could not check that you speak for this organisation.'), ('unfit', 'What the organisation does is not compatible with the pledge.'), ('other', 'Another reason, in our own words.')], editable=False, max_length=7, verbose_name='reason')),
                ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='has left')),
                ('asked_at', models.DateTimeField(editable=False, null=True)),
                ('changed_at', models.DateTimeField(editable=False, null=True)),
                ('hands_over_at', models.DateTimeField(editable=False, null=True)),
                ('logo', models.CharField(blank=True, db_default='', editable=False, max_length=24)),
                ('municipality', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pledges.municipality', verbose_name='municipality')),
            ],
            options={
                'verbose_name': 'application to join',
                'verbose_name_plural': 'applications to join',
                'ordering': ['created_at', 'pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GroupPledge',
            fields=[
                ('restricted_at', models.DateTimeField(editable=False, null=True, verbose_name='restricted since')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name_cipher', models.BinaryField(null=True)),
                ('address_cipher', models.BinaryField(null=True)),
                ('address_digest', models.BinaryField(max_length=33, null=True)),
                ('words_cipher', models.BinaryField(null=True)),
                ('link_version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], max_length=2, verbose_name='language')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='sent')),
                ('agreed', models.TextField(verbose_name='agreed to')),
                ('expires_at', models.DateTimeField(db_default=django.db.models.expressions.CombinedExpression(django.db.models.functions.datetime.Now(), '+', models.Value(datetime.timedelta(days=14))), editable=False)),
                ('confirmed_at', models.DateTimeField(editable=False, null=True, verbose_name='confirmed')),
                ('approved_at', models.DateTimeField(editable=False, null=True, verbose_name='approved')),
                ('refused_at', models.DateTimeField(editable=False, null=True, verbose_name='refused')),
                ('kind', models.CharField(choices=[('class', 'class'), ('school', 'school or kindergarten'), ('meeting', 'meeting'), ('club', 'club or group of friends'), ('workplace', 'workplace')], max_length=9, verbose_name='kind')),
                ('institution', models.CharField(max_length=120, verbose_name='institution')),
                ('institution_key', models.CharField(editable=False, max_length=120)),
                ('held_on', models.DateField(verbose_name='date')),
                ('school_year', models.PositiveSmallIntegerField(verbose_name='school year')),
                ('grade', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='grade')),
                ('letter', models.CharField(blank=True, max_length=2, verbose_name='letter')),
                ('people', models.JSONField(verbose_name='people')),
                ('counted', models.JSONField(editable=False, null=True, verbose_name='counted')),
                ('state', models.CharField(choices=[('submitted', 'waiting for confirmation'), ('confirmed', 'waiting to be checked'), ('approved', 'approved'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='submitted', max_length=9, verbose_name='state')),
                ('refusal', models.CharField(blank=True, choices=[('double', 'This group has already been counted.'), ('number', 'The number does not fit this kind of group.'), ('unknown', 'We could not check that this institution or this group exists.'), ('other', 'Another reason, in our own words.')], editable=False, max_length=7, verbose_name='reason')),
                ('withdrawn_at', models.DateTimeField(editable=False, null=True, verbose_name='withdrawn')),
                ('county', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pledges.county', verbose_name='county')),
                ('event', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='pledges.event', verbose_name='event')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='pledges.municipality', verbose_name='municipality')),
            ],
            options={
                'verbose_name': 'group pledge',
                'verbose_name_plural': 'group pledges',
                'ordering': ['created_at', 'pk'],
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='event',
            name='municipality',
            field=models.ForeignKey(blank=True, help_text='Leave empty if it is online or outside Albania.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='pledges.municipality', verbose_name='municipality'),
        ),
        migrations.CreateModel(
            name='PaperSheet',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False, verbose_name='number')),
                ('state', models.CharField(choices=[('issued', 'issued'), ('returned', 'returned'), ('counted', 'counted'), ('void', 'void')], default='issued', editable=False, max_length=8, verbose_name='state')),
                ('first', models.JSONField(editable=False, null=True, verbose_name='first count')),
                ('second', models.JSONField(editable=False, null=True, verbose_name='second count')),
                ('first_by', models.BigIntegerField(editable=False, null=True)),
                ('second_by', models.BigIntegerField(editable=False, null=True)),
                ('issued_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='issued')),
                ('returned_at', models.DateTimeField(editable=False, null=True, verbose_name='returned')),
                ('counted_at', models.DateTimeField(editable=False, null=True, verbose_name='counted')),
                ('voided_at', models.DateTimeField(editable=False, null=True, verbose_name='void since')),
                ('reason', models.CharField(blank=True, choices=[('lost', 'It is lost.'), ('damaged', 'It cannot be read.'), ('names', 'It has names on it.'), ('wrong', 'It was filled in or counted wrongly.'), ('unused', 'It was not used.')], editable=False, max_length=7, verbose_name='reason')),
                ('county', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pledges.county', verbose_name='county')),
                ('event', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sheets', to='pledges.event', verbose_name='event')),
                ('municipality', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sheets', to='pledges.municipality', verbose_name='municipality')),
            ],
            options={
                'verbose_name': 'paper sheet',
                'verbose_name_plural': 'paper sheets',
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='PledgingSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('open', 'open'), ('paused', 'paused'), ('closed', 'closed')], default='open', help_text='If signing is paused or closed, people see your message instead of the form. People who have signed can still confirm.', max_length=6, verbose_name='state')),
                ('message_sq', models.TextField(blank=True, help_text='Say why, and until when, for example “We are renewing the site until tomorrow”. Shown instead of the form while signing is paused or closed.', max_length=600, verbose_name='message')),
                ('message_en', models.TextField(blank=True, help_text='Say why, and until when, for example “We are renewing the site until tomorrow”. Shown instead of the form while signing is paused or closed.', max_length=600, verbose_name='message')),
                ('until', models.DateTimeField(blank=True, help_text='Date and time in Tirana. Signing opens automatically then. Leave empty to open it by hand.', null=True, verbose_name='open again at')),
                ('shows_numbers', models.BooleanField(db_default=True, default=True, help_text='If this is on, people read “You are number 2971” once they have confirmed, and in the email that follows. Only they see their number.', verbose_name='supporters see their number')),
                ('network_limit', models.PositiveSmallIntegerField(default=60, help_text='How many people can sign from one network in ten minutes before the devices of others on it do a check first, for example 30.', validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(10000)], verbose_name='sign-ups from one network')),
                ('slow_lane', models.PositiveSmallIntegerField(db_default=30, default=30, help_text='Above that number, people whose browser cannot do the check send the form without it: this many from one network in an hour, for example 20. Their emails are spread over the hour.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='sign-ups without the check')),
                ('challenge_everyone', models.BooleanField(db_default=False, default=False, help_text='During an attack from many networks: every device does the check before a form is accepted. It takes a phone a few seconds.', verbose_name='check everyone')),
            ],
            options={
                'verbose_name': 'signing settings',
                'verbose_name_plural': 'signing settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='pledging_settings_single_row'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), _negated=True), ('until', None), _connector='OR'), name='pledging_open_without_end')],
            },
        ),
        migrations.CreateModel(
            name='PublishedFigure',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('offset', models.SmallIntegerField(default=pledges.published.rule.draw_offset)),
                ('shown', models.BigIntegerField(default=0)),
                ('is_withheld', models.BooleanField(default=False)),
                ('looked_at', models.DateTimeField(null=True)),
                ('moves', models.JSONField(default=list)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('shown', 0), ('shown__gte', 60), _connector='OR'), name='published_figure_never_small')],
            },
        ),
        migrations.CreateModel(
            name='ReadyAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(help_text='A short name, such as “interview”. You cannot change it later.', unique=True, verbose_name='key')),
                ('title_sq', models.CharField(help_text='Write a title by which you will find it, for example “Interview”.', max_length=80, verbose_name='title')),
                ('title_en', models.CharField(help_text='Write a title by which you will find it, for example “Interview”.', max_length=80, verbose_name='title')),
                ('text_sq', models.TextField(help_text='Write the answer, for example “Thank you for writing to us”. Each line becomes a paragraph. You can still change it before you send it.', max_length=2000, verbose_name='text')),
                ('text_en', models.TextField(help_text='Write the answer, for example “Thank you for writing to us”. Each line becomes a paragraph. You can still change it before you send it.', max_length=2000, verbose_name='text')),
            ],
            options={
                'verbose_name': 'ready answer',
                'verbose_name_plural': 'ready answers',
                'ordering': ['key'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('title_sq', ''), _negated=True), models.Q(('title_en', ''), _negated=True), models.Q(('text_sq', ''), _negated=True), models.Q(('text_en', ''), _negated=True)), name='ready_answer_in_both_languages', violation_error_message='Write this in both languages.')],
            },
        ),
        migrations.CreateModel(
            name='ReturnedMailbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mailbox_digest', models.BinaryField(max_length=33, unique=True)),
                ('returned_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['returned_at'], name='returned_mailbox_at')],
                'constraints': [models.CheckConstraint(condition=models.Q(('mailbox_digest__length', 33)), name='returned_mailbox_digest_lengths')],
            },
        ),
        migrations.CreateModel(
            name='Rotation',
            fields=[
                ('id', models.BooleanField(default=True, editable=False, primary_key=True, serialize=False)),
                ('began_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('opens_at', models.DateTimeField(db_default=django.db.models.expressions.CombinedExpression(django.db.models.functions.datetime.Now(), '+', models.Value(datetime.timedelta(seconds=1800))), editable=False)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('id', True)), name='rotation_is_one')],
            },
        ),
        migrations.CreateModel(
            name='Sector',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(help_text='Used in addresses and open data, for example “parents”. You can correct it until the first person signs or the group has a page.', unique=True, verbose_name='name in web addresses')),
                ('name_sq', models.CharField(help_text='In the plural, for example “Parents”.', max_length=60, verbose_name='name')),
                ('name_en', models.CharField(help_text='In the plural, for example “Parents”.', max_length=60, verbose_name='name')),
                ('people_sq', models.CharField(blank=True, db_default='', default='', help_text='The word for its people, such as “parents”: “1021 parents so far”. Leave empty to say “supporters”.', max_length=60, verbose_name='name after a number')),
                ('people_en', models.CharField(blank=True, db_default='', default='', help_text='The word for its people, such as “parents”: “1021 parents so far”. Leave empty to say “supporters”.', max_length=60, verbose_name='name after a number')),
                ('hint_sq', models.CharField(blank=True, help_text='Say who belongs to it, if the name alone is not clear, for example “Coaches, athletes and clubs”. Shown under the name on the form.', max_length=160, verbose_name='hint')),
                ('hint_en', models.CharField(blank=True, help_text='Say who belongs to it, if the name alone is not clear, for example “Coaches, athletes and clubs”. Shown under the name on the form.', max_length=160, verbose_name='hint')),
                ('pledged_sq', models.CharField(blank=True, help_text='In the first person, for example “I have pledged as a parent.” Leave empty to use “I have pledged.”', max_length=60, verbose_name='text on the picture to share')),
                ('pledged_en', models.CharField(blank=True, help_text='In the first person, for example “I have pledged as a parent.” Leave empty to use “I have pledged.”', max_length=60, verbose_name='text on the picture to share')),
                ('invitation_sq', models.CharField(blank=True, help_text='What supporters in this group send with the link when they share it, for example “As a parent, I have pledged to listen to children, believe them and report abuse. Join me:” The link follows. Leave empty to use a text that suits everyone.', max_length=200, verbose_name='text of an invitation')),
                ('invitation_en', models.CharField(blank=True, help_text='What supporters in this group send with the link when they share it, for example “As a parent, I have pledged to listen to children, believe them and report abuse. Join me:” The link follows. Leave empty to use a text that suits everyone.', max_length=200, verbose_name='text of an invitation')),
                ('color', models.CharField(choices=[('s1', 'indigo'), ('s2', 'orange'), ('s3', 'teal'), ('s4', 'plum'), ('s5', 'navy'), ('s6', 'olive'), ('s7', 'violet'), ('s8', 'wine'), ('s9', 'petrol'), ('s10', 'deep violet'), ('s11', 'lavender and cream'), ('s12', 'aubergine and lime')], help_text='One colour per group, on every page and picture. Left: in light mode. Right: in dark mode.', max_length=3, verbose_name='colour')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower comes first, for example 10 before 20.', verbose_name='position')),
                ('shows_names', models.BooleanField(default=True, help_text='If this is off, the names of people in this group are never shown. It is always off for young people.', verbose_name='can show names')),
                ('is_open', models.BooleanField(default=True, help_text='If this is off, the group stays in the totals, but nobody new can choose it.', verbose_name='open')),
            ],
            options={
                'verbose_name': 'group of society',
                'verbose_name_plural': 'groups of society',
                'ordering': ['position', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('shows_names', True), ('slug', 'youth'), _negated=True), name='sector_of_young_people_shows_no_names', violation_error_message='The names of young people are never shown. Untick “can show names”.'), models.CheckConstraint(condition=models.Q(models.Q(('slug', 'children'), _negated=True), models.Q(('is_open', False), ('shows_names', False)), _connector='OR'), name='sector_of_children_only_in_groups', violation_error_message='Children are only counted in groups. Untick “open” and “can show names”.')],
            },
        ),
        migrations.AddField(
            model_name='pledge',
            name='sector',
            field=models.ForeignKey(db_index=False, help_text='The group this person is counted in. The text they signed stays that of the group they chose at the time.', on_delete=django.db.models.deletion.PROTECT, related_name='pledges', to='pledges.sector', verbose_name='group'),
        ),
        migrations.CreateModel(
            name='Milestone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('people', 'number of supporters reached'), ('counties', 'supporters from every county'), ('sector', 'number of supporters reached in one group')], max_length=8, verbose_name='kind')),
                ('people', models.PositiveIntegerField(blank=True, null=True, verbose_name='people')),
                ('reached_on', models.DateField(verbose_name='reached')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded')),
                ('sector', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='milestones', to='pledges.sector', verbose_name='group')),
            ],
            options={
                'verbose_name': 'milestone',
                'verbose_name_plural': 'milestones',
                'ordering': ['-reached_on', '-people', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='mailing',
            name='sector',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pledges.sector', verbose_name='group'),
        ),
        migrations.AddField(
            model_name='commitment',
            name='sector',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='commitments', to='pledges.sector', verbose_name='group'),
        ),
        migrations.CreateModel(
            name='VoiceOwner',
            fields=[
                ('restricted_at', models.DateTimeField(editable=False, null=True, verbose_name='restricted since')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name_cipher', models.BinaryField(null=True)),
                ('address_cipher', models.BinaryField(null=True)),
                ('address_digest', models.BinaryField(max_length=33, null=True)),
                ('words_cipher', models.BinaryField(null=True)),
                ('link_version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], max_length=2, verbose_name='language')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='sent')),
                ('asked_at', models.DateTimeField(editable=False, null=True, verbose_name='preview sent')),
                ('approved_at', models.DateTimeField(editable=False, null=True, verbose_name='approved')),
                ('approved_fingerprint', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('removed_at', models.DateTimeField(editable=False, null=True, verbose_name='removed')),
            ],
            options={
                'verbose_name': 'owner of a voice',
                'verbose_name_plural': 'owners of voices',
                'default_permissions': (),
                'indexes': [models.Index(fields=['address_digest'], name='voiceowner_address')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('address_cipher__isnull', False), ('address_digest__isnull', False), ('address_digest__length', 33), ('name_cipher__isnull', False), ('removed_at', None)), models.Q(('address_cipher', None), ('address_digest', None), ('approved_fingerprint', ''), ('name_cipher', None), ('words_cipher', None), ('removed_at__isnull', False)), _connector='OR'), name='voiceowner_contact_or_removed'), models.CheckConstraint(condition=models.Q(('approved_fingerprint', ''), models.Q(('approved_at__isnull', False), ('asked_at__isnull', False)), _connector='OR'), name='voiceowner_approved_with_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('confirm', 'please confirm'), ('reminder', 'reminder to confirm'), ('counted', 'you are counted'), ('already', 'you have already signed'), ('similar', 'signed again with a similar name'), ('full', 'two people have signed with this address'), ('links', 'your link'), ('fresh', 'a new link'), ('new_address', 'confirm the new address'), ('moving', 'a change of your address was asked for'), ('moved', 'your address has been changed'), ('plan', 'reminder of a plan'), ('how', 'how did it go?'), ('keep', 'should we keep your name and address?'), ('corrected', 'your pledge has been corrected'), ('withdrawn', 'your pledge has been erased'), ('group', 'group: please confirm'), ('group_open', 'group: we are checking it'), ('group_yes', 'group: counted'), ('group_no', 'group: not counted'), ('group_out', 'group: withdrawn'), ('group_links', 'group: your links'), ('join', 'organisation: please confirm'), ('join_again', 'organisation: already sent'), ('join_yes', 'organisation: on our page'), ('join_no', 'organisation: refused'), ('join_renew', 'organisation: still with us?'), ('join_out', 'organisation: has left'), ('join_links', 'organisation: your links'), ('voice', 'voice: please approve it'), ('news', 'news by email'), ('answer', 'answer to an enquiry'), ('data_copy', 'request: the copy of the data'), ('data_fixed', 'request: the data is corrected'), ('data_limit', 'request: the data is restricted'), ('data_erased', 'request: the data is erased'), ('data_none', 'request: we hold nothing'), ('data_no', 'request: refused'), ('alarm', 'to the safeguarding lead: sign in')], max_length=11, verbose_name='kind')),
                ('about_id', models.UUIDField(editable=False, null=True)),
                ('language', models.CharField(choices=[('sq', 'Albanian'), ('en', 'English')], max_length=2, verbose_name='language')),
                ('address_cipher', models.BinaryField(null=True)),
                ('network_digest', models.BinaryField(null=True)),
                ('priority', models.GeneratedField(db_persist=True, expression=models.Case(models.When(kind__in=['confirm', 'new_address', 'group', 'join'], then=0), models.When(kind__in=['reminder', 'how', 'keep', 'news'], then=2), default=1), output_field=models.SmallIntegerField())),
                ('state', models.CharField(choices=[('queued', 'to be sent'), ('sent', 'sent'), ('failing', 'failed after three days'), ('refused', 'refused by the recipient’s server'), ('bounced', 'came back: there is no such mailbox'), ('delayed', 'came back: the mailbox could not take it'), ('spam', 'reported as spam')], default='queued', max_length=7, verbose_name='state')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('queued_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='due')),
                ('leased_until', models.DateTimeField(editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('tried_at', models.DateTimeField(editable=False, null=True)),
                ('sent_at', models.DateTimeField(editable=False, null=True, verbose_name='sent')),
                ('returned_at', models.DateTimeField(editable=False, null=True, verbose_name='came back')),
                ('error', models.CharField(blank=True, editable=False, max_length=80, verbose_name='last error')),
                ('answer', models.ForeignObject(editable=False, from_fields=['about_id'], null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='messages', to='pledges.answer', to_fields=['id'])),
                ('group', models.ForeignObject(editable=False, from_fields=['about_id'], null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='messages', to='pledges.grouppledge', to_fields=['id'])),
                ('joining', models.ForeignObject(editable=False, from_fields=['about_id'], null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='messages', to='pledges.joining', to_fields=['id'])),
                ('mailing', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='pledges.mailing')),
                ('pledge', models.ForeignObject(editable=False, from_fields=['about_id'], null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='messages', to='pledges.pledge', to_fields=['id'])),
                ('request', models.ForeignObject(editable=False, from_fields=['about_id'], null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='messages', to='pledges.datarequest', to_fields=['id'])),
                ('voice', models.ForeignObject(editable=False, from_fields=['about_id'], null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='messages', to='pledges.voiceowner', to_fields=['id'])),
            ],
            options={
                'verbose_name': 'email that we send',
                'verbose_name_plural': 'emails that we send',
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Wording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('consent', 'consent'), ('pledge', 'pledge of a group')], help_text='The consent is the same for everyone. Each group has its own pledge.', max_length=8, verbose_name='kind')),
                ('version', models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='version')),
                ('text_sq', models.TextField(help_text='Write in the first person, as the supporter says it, for example “I believe every child”.', verbose_name='text')),
                ('text_en', models.TextField(help_text='Write in the first person, as the supporter says it, for example “I believe every child”.', verbose_name='text')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('sector', models.ForeignKey(blank=True, help_text='Leave empty for the consent.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='wordings', to='pledges.sector', verbose_name='group')),
            ],
            options={
                'verbose_name': 'pledge or consent text',
                'verbose_name_plural': 'pledge and consent texts',
                'ordering': ['kind', 'sector', '-version'],
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(db_default=models.Func(models.Value('pledges_submission_number'), function='nextval', output_field=models.BigIntegerField()), editable=False)),
                ('kind', models.CharField(choices=[('pledge', 'sign-up'), ('links', 'request for the link'), ('new_address', 'change of address'), ('group', 'group pledge'), ('joining', 'organisation that joins'), ('enquiry', 'message to us')], editable=False, max_length=20, verbose_name='kind')),
                ('payload_cipher', models.BinaryField()),
                ('network_digest', models.BinaryField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='sent')),
                ('settle_at', models.DateTimeField(editable=False, null=True, verbose_name='waits until')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('aside', 'set aside')], db_default='waiting', default='waiting', editable=False, max_length=7, verbose_name='state')),
                ('aside_at', models.DateTimeField(editable=False, null=True, verbose_name='set aside')),
                ('alerted_at', models.DateTimeField(editable=False, null=True)),
                ('error', models.CharField(blank=True, db_default='', editable=False, max_length=80, verbose_name='error')),
            ],
            options={
                'verbose_name': 'unprocessed form',
                'verbose_name_plural': 'unprocessed forms',
                'ordering': ['number'],
            },
        ),
        migrations.AddField(
            model_name='pledge',
            name='consent',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pledges.wording', verbose_name='consent'),
        ),
        migrations.AddField(
            model_name='pledge',
            name='wording',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pledges.wording', verbose_name='text signed'),
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('confirm', 'confirm'), ('invalidate', 'invalidate'), ('restore', 'restore')], editable=False, max_length=10, verbose_name='action taken')),
                ('chosen', models.CharField(choices=[('selection', 'ticked one by one'), ('filters', 'all filtered pledges'), ('networks', 'from the same networks'), ('domains', 'with the same email domains'), ('minutes', 'signed in the same minutes')], editable=False, max_length=9, verbose_name='how they were chosen')),
                ('choice', models.JSONField(default=dict, editable=False, verbose_name='details of the choice')),
                ('reason', models.CharField(blank=True, db_default='', editable=False, max_length=200, verbose_name='reason')),
                ('domain', models.CharField(blank=True, db_default='', editable=False, max_length=253, verbose_name='email domain')),
                ('state', models.CharField(choices=[('waiting', 'waiting its turn'), ('done', 'done'), ('undone', 'undone')], default='waiting', editable=False, max_length=7, verbose_name='state')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='begun')),
                ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='ended')),
                ('undo_asked_at', models.DateTimeField(editable=False, null=True, verbose_name='undoing begun')),
                ('undone_at', models.DateTimeField(editable=False, null=True, verbose_name='undone')),
                ('ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, editable=False)),
                ('invalidated', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), default=list, editable=False)),
                ('count', models.PositiveIntegerField(default=0, editable=False, verbose_name='pledges chosen')),
                ('changed', models.PositiveIntegerField(default=0, editable=False, verbose_name='changed')),
                ('undone', models.PositiveIntegerField(default=0, editable=False, verbose_name='restored')),
                ('error', models.CharField(blank=True, editable=False, max_length=80, verbose_name='last error')),
                ('by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by whom')),
                ('undone_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='undone by')),
            ],
            options={
                'verbose_name': 'bulk change',
                'verbose_name_plural': 'bulk changes',
                'ordering': ['-pk'],
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state', 'waiting'), ('undo_asked_at', None), ('undone_at', None)), models.Q(('ended_at__isnull', False), ('state', 'waiting'), ('undo_asked_at__isnull', False), ('undone_at', None)), models.Q(('ended_at__isnull', False), ('state', 'done'), ('undo_asked_at', None), ('undone_at', None)), models.Q(('ended_at__isnull', False), ('state', 'undone'), ('undo_asked_at__isnull', False), ('undone_at__isnull', False)), _connector='OR'), name='batch_state_and_times'), models.CheckConstraint(condition=models.Q(('changed__gte', models.F('undone')), ('count__gte', models.F('changed'))), name='batch_counts_add_up')],
            },
        ),
        migrations.AddIndex(
            model_name='enquiry',
            index=models.Index(fields=['state', 'created_at'], name='enquiry_state'),
        ),
        migrations.AddIndex(
            model_name='enquiry',
            index=models.Index(fields=['address_digest'], name='enquiry_address'),
        ),
        migrations.AddConstraint(
            model_name='enquiry',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['press', 'data', 'site', 'other'])), name='enquiry_purpose_is_known'),
        ),
        migrations.AddConstraint(
            model_name='enquiry',
            constraint=models.CheckConstraint(condition=models.Q(('address_cipher__isnull', False), ('address_digest__isnull', False), ('address_digest__length', 33), ('name_cipher__isnull', False)), name='enquiry_has_contact'),
        ),
        migrations.AddConstraint(
            model_name='enquiry',
            constraint=models.CheckConstraint(condition=models.Q(('text_digest', None), ('text_digest__length', 33), _connector='OR'), name='enquiry_text_digest_length'),
        ),
        migrations.AddConstraint(
            model_name='enquiry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'new'), ('assigned_at__isnull', True), ('assignee__isnull', True), ('answered_at__isnull', True), ('closed_at__isnull', True)), models.Q(('state', 'assigned'), models.Q(('assigned_at__isnull', True), _negated=True), ('answered_at__isnull', True), ('closed_at__isnull', True)), models.Q(('state', 'answered'), models.Q(('answered_at__isnull', True), _negated=True), ('closed_at__isnull', True)), models.Q(('state', 'closed'), models.Q(('closed_at__isnull', True), _negated=True)), _connector='OR'), name='enquiry_state_and_times'),
        ),
        migrations.AddConstraint(
            model_name='enquiry',
            constraint=models.CheckConstraint(condition=models.Q(('disclosure_at__isnull', False), models.Q(('alerted_at', None), ('passed_at', None)), _connector='OR'), name='enquiry_times_of_a_disclosure'),
        ),
        migrations.AddConstraint(
            model_name='enquiry',
            constraint=models.CheckConstraint(condition=models.Q(('passed_at__isnull', False), models.Q(('passed_at', None), ('reference_cipher', None), ('taker_cipher', None)), _connector='OR'), name='enquiry_passed_to_someone'),
        ),
        migrations.AddIndex(
            model_name='datarequest',
            index=models.Index(fields=['state', 'due_on'], name='request_state'),
        ),
        migrations.AddIndex(
            model_name='datarequest',
            index=models.Index(fields=['address_digest'], name='request_address'),
        ),
        migrations.AddConstraint(
            model_name='datarequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), ('closed_at__isnull', True), ('refusal', ''), ('words_cipher__isnull', True)), models.Q(('state', 'answered'), models.Q(('identity', ''), _negated=True), models.Q(('closed_at__isnull', True), _negated=True), ('refusal', ''), ('words_cipher__isnull', True)), models.Q(('state', 'refused'), models.Q(('closed_at__isnull', True), _negated=True), models.Q(('refusal', ''), _negated=True)), _connector='OR'), name='request_state_and_time'),
        ),
        migrations.AddConstraint(
            model_name='datarequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address_cipher__isnull', False), ('address_digest__isnull', False), ('address_digest__length', 33), ('name_cipher__isnull', False)), models.Q(('address_cipher', None), ('address_digest', None), ('name_cipher', None), ('words_cipher', None), models.Q(('state', 'open'), _negated=True)), _connector='OR'), name='request_person_or_erased'),
        ),
        migrations.AddConstraint(
            model_name='datarequest',
            constraint=models.UniqueConstraint(fields=('enquiry', 'kind'), name='request_of_an_enquiry_once'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state', 'running')), models.Q(('ended_at__isnull', False), ('state__in', ['finished', 'broken_off'])), _connector='OR'), name='export_state_and_time'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('ended_at', None), ('questions__lt', 2)), fields=['questions', 'since'], name='follow_up_open'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked_at', None), ('questions', 0)), models.Q(('asked_at__isnull', False), ('questions__in', (1, 2))), _connector='OR'), name='follow_up_asked_at_most_twice'),
        ),
        migrations.AddIndex(
            model_name='follow',
            index=models.Index(condition=models.Q(('demand__isnull', False)), fields=['demand', 'pledge'], name='follow_demand'),
        ),
        migrations.AddIndex(
            model_name='follow',
            index=models.Index(condition=models.Q(('county__isnull', False)), fields=['county', 'pledge'], name='follow_county'),
        ),
        migrations.AddConstraint(
            model_name='follow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('county__isnull', False), ('demand', None)), models.Q(('county', None), ('demand__isnull', False)), _connector='OR'), name='follow_demand_or_county'),
        ),
        migrations.AddConstraint(
            model_name='follow',
            constraint=models.UniqueConstraint(fields=('pledge', 'demand'), name='follow_demand_once'),
        ),
        migrations.AddConstraint(
            model_name='follow',
            constraint=models.UniqueConstraint(fields=('pledge', 'county'), name='follow_county_once'),
        ),
        migrations.AddIndex(
            model_name='chosencommitment',
            index=models.Index(condition=models.Q(('remind_at__isnull', False), ('reminded_at', None)), fields=['remind_at'], name='chosen_commitment_remind'),
        ),
        migrations.AddConstraint(
            model_name='chosencommitment',
            constraint=models.UniqueConstraint(fields=('pledge', 'commitment'), name='chosen_commitment_unique'),
        ),
        migrations.AddConstraint(
            model_name='chosencommitment',
            constraint=models.UniqueConstraint(fields=('pledge', 'slot'), name='chosen_commitment_slot_unique'),
        ),
        migrations.AddConstraint(
            model_name='chosencommitment',
            constraint=models.CheckConstraint(condition=models.Q(('slot__in', (1, 2, 3))), name='chosen_commitment_at_most_three'),
        ),
        migrations.AddConstraint(
            model_name='chosencommitment',
            constraint=models.CheckConstraint(condition=models.Q(('remind_at', None), models.Q(('day__isnull', False), models.Q(('part', ''), _negated=True)), _connector='OR'), name='chosen_commitment_plan_to_remind_of'),
        ),
        migrations.AddConstraint(
            model_name='chosencommitment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_question', None)), models.Q(models.Q(('answer', ''), _negated=True), ('answered_at__isnull', False), ('answered_question__in', (1, 2)), ('asked_at__isnull', False)), _connector='OR'), name='chosen_commitment_answer_and_time'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.UniqueConstraint(fields=('people', 'county'), name='goal_unique_in_county', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('county', 'abroad'), _negated=True), ('county', None), _connector='OR'), name='goal_county_has_a_page'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('people__gte', 10)), name='goal_is_large_enough'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sentence_en', ''), ('sentence_sq', '')), models.Q(models.Q(('sentence_sq', ''), _negated=True), models.Q(('sentence_en', ''), _negated=True)), _connector='OR'), name='goal_sentence_in_both_languages', violation_error_message='Write this in both languages, or leave both empty.'),
        ),
        migrations.AddConstraint(
            model_name='municipality',
            constraint=models.UniqueConstraint(fields=('county', 'name_sq'), name='municipality_unique_in_county'),
        ),
        migrations.AddIndex(
            model_name='joining',
            index=models.Index(fields=['state', 'created_at'], name='joining_state'),
        ),
        migrations.AddIndex(
            model_name='joining',
            index=models.Index(fields=['address_digest'], name='joining_address'),
        ),
        migrations.AddConstraint(
            model_name='joining',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'submitted'), ('confirmed_at__isnull', True), ('logo', ''), ('approved_at__isnull', True), ('asked_at__isnull', True), ('changed_at__isnull', True), ('hands_over_at__isnull', True), ('refused_at__isnull', True), ('refusal', ''), ('words_cipher__isnull', True), ('ended_at__isnull', True)), models.Q(('state', 'confirmed'), models.Q(('confirmed_at__isnull', True), _negated=True), ('approved_at__isnull', True), ('asked_at__isnull', True), ('changed_at__isnull', True), ('hands_over_at__isnull', True), ('refused_at__isnull', True), ('refusal', ''), ('words_cipher__isnull', True), ('ended_at__isnull', True)), models.Q(('state', 'approved'), models.Q(('confirmed_at__isnull', True), _negated=True), ('logo', ''), models.Q(('approved_at__isnull', True), _negated=True), ('refused_at__isnull', True), ('refusal', ''), ('words_cipher__isnull', True), ('ended_at__isnull', True)), models.Q(('state', 'refused'), models.Q(('confirmed_at__isnull', True), _negated=True), ('logo', ''), ('approved_at__isnull', True), ('asked_at__isnull', True), ('changed_at__isnull', True), ('hands_over_at__isnull', True), models.Q(('refused_at__isnull', True), _negated=True), models.Q(('refusal', ''), _negated=True), ('ended_at__isnull', True)), models.Q(('state', 'ended'), ('logo', ''), ('asked_at__isnull', True), ('changed_at__isnull', True), ('hands_over_at__isnull', True), ('refusal', ''), ('words_cipher__isnull', True), models.Q(('ended_at__isnull', True), _negated=True)), _connector='OR'), name='joining_state_and_times'),
        ),
        migrations.AddConstraint(
            model_name='joining',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address_cipher__isnull', False), ('address_digest__isnull', False), ('address_digest__length', 33), ('name_cipher__isnull', False), models.Q(('state', 'ended'), _negated=True)), models.Q(('address_cipher', None), ('address_digest', None), ('name_cipher', None), ('words_cipher', None), models.Q(('state__in', ['submitted', 'approved']), _negated=True)), _connector='OR'), name='joining_contact_or_erased'),
        ),
        migrations.AddIndex(
            model_name='grouppledge',
            index=models.Index(fields=['state', 'created_at'], name='group_state'),
        ),
        migrations.AddIndex(
            model_name='grouppledge',
            index=models.Index(fields=['address_digest'], name='group_address'),
        ),
        migrations.AddConstraint(
            model_name='grouppledge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'submitted'), ('confirmed_at__isnull', True), ('approved_at__isnull', True), ('counted__isnull', True), ('refused_at__isnull', True), ('refusal', ''), ('words_cipher__isnull', True), ('withdrawn_at__isnull', True)), models.Q(('state', 'confirmed'), models.Q(('confirmed_at__isnull', True), _negated=True), ('approved_at__isnull', True), ('counted__isnull', True), ('refused_at__isnull', True), ('refusal', ''), ('words_cipher__isnull', True), ('withdrawn_at__isnull', True)), models.Q(('state', 'approved'), models.Q(('confirmed_at__isnull', True), _negated=True), models.Q(('approved_at__isnull', True), _negated=True), models.Q(('counted__isnull', True), _negated=True), ('refused_at__isnull', True), ('refusal', ''), ('words_cipher__isnull', True), ('withdrawn_at__isnull', True)), models.Q(('state', 'refused'), models.Q(('confirmed_at__isnull', True), _negated=True), ('approved_at__isnull', True), ('counted__isnull', True), models.Q(('refused_at__isnull', True), _negated=True), models.Q(('refusal', ''), _negated=True), ('withdrawn_at__isnull', True)), models.Q(('state', 'withdrawn'), ('counted__isnull', True), ('refusal', ''), ('words_cipher__isnull', True), models.Q(('withdrawn_at__isnull', True), _negated=True)), _connector='OR'), name='group_state_and_times'),
        ),
        migrations.AddConstraint(
            model_name='grouppledge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('grade__isnull', False), ('grade__range', (0, 12)), ('kind', 'class')), models.Q(models.Q(('kind', 'class'), _negated=True), ('grade', None), ('letter', '')), _connector='OR'), name='group_grade_of_a_class'),
        ),
        migrations.AddConstraint(
            model_name='grouppledge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address_cipher__isnull', False), ('address_digest__isnull', False), ('address_digest__length', 33), ('name_cipher__isnull', False), models.Q(('state', 'withdrawn'), _negated=True)), models.Q(('address_cipher', None), ('address_digest', None), ('name_cipher', None), ('words_cipher', None), models.Q(('state', 'submitted'), _negated=True)), _connector='OR'), name='group_person_or_erased'),
        ),
        migrations.AddConstraint(
            model_name='grouppledge',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'class'), ('state', 'approved')), fields=('institution_key', 'municipality', 'school_year', 'grade', 'letter'), name='group_class_counts_once'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('ends__gt', models.F('begins'))), name='event_ends_after_it_begins', violation_error_message='It must end after it begins.'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('title_sq', ''), _negated=True), models.Q(('title_en', ''), _negated=True), models.Q(('slug_sq', ''), _negated=True), models.Q(('slug_en', ''), _negated=True), models.Q(('text_sq', ''), _negated=True), models.Q(('text_en', ''), _negated=True), models.Q(('place_sq', ''), _negated=True), models.Q(('place_en', ''), _negated=True)), name='event_in_both_languages'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('code__startswith', '0')), name='event_code_with_its_mark'),
        ),
        migrations.AddIndex(
            model_name='papersheet',
            index=models.Index(fields=['state', 'number'], name='sheet_state'),
        ),
        migrations.AddConstraint(
            model_name='papersheet',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='sheet_number_from_one'),
        ),
        migrations.AddConstraint(
            model_name='papersheet',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'issued'), ('first__isnull', True), ('returned_at__isnull', True), ('second__isnull', True), ('counted_at__isnull', True), ('voided_at__isnull', True), ('reason', '')), models.Q(('state', 'returned'), models.Q(('first__isnull', True), _negated=True), models.Q(('returned_at__isnull', True), _negated=True), ('counted_at__isnull', True), ('voided_at__isnull', True), ('reason', '')), models.Q(('state', 'counted'), models.Q(('first__isnull', True), _negated=True), models.Q(('returned_at__isnull', True), _negated=True), models.Q(('counted_at__isnull', True), _negated=True), ('voided_at__isnull', True), ('reason', '')), models.Q(('state', 'void'), models.Q(('voided_at__isnull', True), _negated=True), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='sheet_state_and_times'),
        ),
        migrations.AddConstraint(
            model_name='papersheet',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('first', models.F('second')), ('second__isnull', False), ('state', 'counted')), models.Q(('state', 'returned'), models.Q(('second__isnull', True), models.Q(('first', models.F('second')), _negated=True), _connector='OR')), ('state__in', ['issued', 'void']), _connector='OR'), name='sheet_counted_when_both_counts_are_equal'),
        ),
        migrations.AddConstraint(
            model_name='papersheet',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('first__isnull', True), ('first_by', None), ('second__isnull', True), ('second_by', None)), models.Q(('first__isnull', False), ('first_by__isnull', False), ('second__isnull', True), ('second_by', None)), models.Q(('first__isnull', False), ('first_by__isnull', False), ('second__isnull', False), ('second_by__isnull', False), models.Q(('first_by', models.F('second_by')), _negated=True)), _connector='OR'), name='sheet_counted_by_two_accounts'),
        ),
        migrations.AddConstraint(
            model_name='papersheet',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('county', None), ('municipality', None)), models.Q(('county__isnull', False), ('municipality__isnull', False)), _connector='OR'), name='sheet_county_of_its_municipality'),
        ),
        migrations.AddConstraint(
            model_name='milestone',
            constraint=models.UniqueConstraint(fields=('kind', 'people', 'sector'), name='milestone_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='milestone',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'people'), ('people__isnull', False), ('sector', None)), models.Q(('kind', 'counties'), ('people', None), ('sector', None)), models.Q(('kind', 'sector'), ('people__isnull', False), ('sector__isnull', False)), _connector='OR'), name='milestone_fields_of_kind'),
        ),
        migrations.AddIndex(
            model_name='mailing',
            index=models.Index(condition=models.Q(('state__in', ['sending', 'paused'])), fields=['released_at'], name='mailing_unfinished'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('audience', 'news'), ('county', None), ('demand', ''), ('sector', None)), models.Q(('audience', 'sector'), ('county', None), ('demand', ''), ('sector__isnull', False)), models.Q(('audience', 'demand'), ('county', None), ('sector', None), models.Q(('demand', ''), _negated=True)), models.Q(('audience', 'county'), ('county__isnull', False), ('demand', ''), ('sector', None)), _connector='OR'), name='mailing_audience_is_named', violation_error_message='Choose the group, demand or county of the recipients.'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), models.Q(models.Q(('subject_sq', ''), _negated=True), models.Q(('subject_en', ''), _negated=True), models.Q(('text_sq', ''), _negated=True), models.Q(('text_en', ''), _negated=True)), _connector='OR'), name='mailing_ready_in_both_languages', violation_error_message='Fill in subject and text in both languages first.'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('button_en', ''), ('button_sq', ''), ('link_en', ''), ('link_sq', '')), models.Q(models.Q(('button_sq', ''), _negated=True), models.Q(('button_en', ''), _negated=True), models.Q(('link_sq', ''), _negated=True), models.Q(('link_en', ''), _negated=True)), _connector='OR'), name='mailing_button_in_both_languages', violation_error_message='Fill in the button and its address in both languages, or leave all four empty.'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('reached', None), ('released_at', None), ('state__in', ['draft', 'ready'])), models.Q(('ended_at', None), ('released_at__isnull', False), ('state__in', ['sending', 'paused'])), models.Q(('ended_at__isnull', False), ('released_at__isnull', False), ('state__in', ['done', 'cancelled'])), _connector='OR'), name='mailing_state_and_times'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(('note', ''), ('state', 'draft'), _connector='OR'), name='mailing_note_of_a_draft'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(('released_by', None), models.Q(('writers__contains', [models.F('released_by')]), _negated=True), _connector='OR'), name='mailing_released_by_another'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'queued')), fields=['priority', 'due_at'], name='message_queued'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('tried_at__isnull', False)), fields=['priority', '-tried_at'], name='message_tried'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('about_id__isnull', False)), fields=['about_id'], name='message_about'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('kind', 'news'), _negated=True), fields=['-created_at', '-id'], name='message_newest'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state__in', ['failing', 'refused']), ('address_cipher__isnull', False), _connector='OR'), fields=['created_at'], name='message_failed_or_last'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('returned_at', None), ('sent_at__isnull', False), ('state', 'sent')), models.Q(('returned_at__isnull', False), ('sent_at__isnull', False), ('state__in', ['bounced', 'delayed', 'spam'])), models.Q(('returned_at', None), ('sent_at', None), ('state__in', ['queued', 'failing', 'refused'])), _connector='OR'), name='message_state_and_time'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('about_id__isnull', False), ('address_cipher__isnull', False), _connector='OR'), name='message_about_or_address'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mailing', None), models.Q(('kind', 'news'), _negated=True)), models.Q(('about_id__isnull', False), ('kind', 'news'), ('mailing__isnull', False)), _connector='OR'), name='message_news_of_a_mailing'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('mailing__isnull', False)), fields=('mailing', 'about_id'), include=('state',), name='message_once_for_each'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('leased_until', None), ('state', 'queued'), _connector='OR'), name='message_lease_only_while_queued'),
        ),
        migrations.AddConstraint(
            model_name='wording',
            constraint=models.UniqueConstraint(fields=('kind', 'sector', 'version'), name='wording_version_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='wording',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'consent'), ('sector', None)), models.Q(('kind', 'pledge'), ('sector__isnull', False)), _connector='OR'), name='wording_sector_for_pledges_only', violation_error_message='A pledge belongs to a group; the consent does not belong to any.'),
        ),
        migrations.AddConstraint(
            model_name='wording',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('text_sq', ''), _negated=True), models.Q(('text_en', ''), _negated=True)), name='wording_in_both_languages'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['number'], name='submission_waiting'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('aside_at', None), ('error', ''), ('state', 'waiting')), models.Q(('aside_at__isnull', False), ('state', 'aside'), models.Q(('error', ''), _negated=True)), _connector='OR'), name='submission_state_and_time'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=models.Q(('payload_cipher__length__lte', 32768)), name='submission_size'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(fields=['-created_at', '-id'], include=('state', 'sector', 'county', 'source', 'language', 'slot'), name='pledge_newest'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(condition=models.Q(('state', 'confirmed')), fields=['confirmed_on', 'sector'], name='pledge_counted'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(condition=models.Q(('state', 'confirmed')), fields=['sector', 'county'], name='pledge_sector_county'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(fields=['domain_digest'], include=('state',), name='pledge_domain'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(condition=models.Q(('network_digest__isnull', False)), fields=['network_digest', 'created_at'], name='pledge_network'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['expires_at'], name='pledge_pending'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(fields=['confirmed_at', 'kept_at'], name='pledge_confirmed'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(condition=models.Q(('show_name', True), ('state', 'confirmed'), ('wall', 'shown')), fields=['id'], include=('sector', 'wall_at'), name='pledge_wall_shown'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(condition=models.Q(('show_name', True), ('state', 'confirmed'), ('wall', 'waiting')), fields=['confirmed_at', 'id'], include=('sector',), name='pledge_wall_waiting'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(condition=models.Q(('keep_asked_at__isnull', False), ('new_address_at__isnull', False), models.Q(('invalidated_at__isnull', False), ('name_cipher__isnull', False)), _connector='OR'), fields=['invalidated_at', 'keep_asked_at', 'new_address_at'], name='pledge_to_erase'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(('slot__in', (1, 2))), name='pledge_slot_one_or_two'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.UniqueConstraint(condition=models.Q(('confirmed_at__isnull', False)), fields=('address_digest', 'slot'), name='pledge_place_unique'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.UniqueConstraint(fields=('address_digest', 'name_digest'), name='pledge_person_unique'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('invalidated_at', None), ('state', 'pending')), models.Q(('confirmed_at__isnull', False), ('invalidated_at', None), ('state', 'confirmed')), models.Q(('invalidated_at__isnull', False), ('state', 'invalidated')), _connector='OR'), name='pledge_state_and_times'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('new_address_at', None), ('new_address_cipher', None)), models.Q(('new_address_at__isnull', False), ('new_address_cipher__isnull', False)), _connector='OR'), name='pledge_new_address_and_time'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('wall', 'waiting'), ('wall_at', None)), models.Q(('wall__in', ['shown', 'refused']), ('wall_at__isnull', False)), _connector='OR'), name='pledge_wall_and_time'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(('inviter_cipher', None), ('confirmed_at', None), _connector='OR'), name='pledge_inviter_until_confirmed'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='pledge_expires_after_signing'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(('repeats__lte', 5)), name='pledge_repeats_limit'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(('address_digest__length', 33), ('domain_digest__length', 33), ('name_digest__length', 33)), name='pledge_digest_lengths'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address_cipher__isnull', False), ('name_cipher__isnull', False)), models.Q(('address_cipher', None), ('confirmed_at__isnull', False), ('keep_asked_at', None), ('name_cipher', None), ('new_address_at', None), ('new_address_cipher', None), ('show_name', False), ('updates', False), ('wall', 'waiting'), ('wall_at', None), models.Q(('state', 'pending'), _negated=True)), _connector='OR'), name='pledge_person_or_erased'),
        ),
    ] + run(
        "counting", "wordings", "storage", "content", "watched", "submissions", "messages", "probes",
        "groups", "paper", "commitments", "requests", "sectors", "mailings", "published", "tombstones",
    )
