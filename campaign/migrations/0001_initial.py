"""All tables of campaign as Django writes them, and the SQL that runs before and after them."""

from pathlib import Path

import campaign.materials.models
import campaign.pictures.models
import campaign.settings.models
import datetime
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.utils.timezone
import staff.drafts.models
import zoneinfo
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


def run(*names):
    return [migrations.RunSQL((SQL / f"{name}.sql").read_text(), migrations.RunSQL.noop) for name in names]


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('pledges', '0001_initial'),
        ('staff', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *run("before"),
        migrations.CreateModel(
            name='Term',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(help_text='A short name, such as “child-pornography”. You cannot change it later.', unique=True, verbose_name='key')),
                ('forms_sq', models.TextField(help_text='One per line, in lower case. Accents do not matter. An asterisk (*) matches any ending; on its own it matches one word or none. For example “child* * porn*” finds “children in pornography”.', verbose_name='words to avoid')),
                ('forms_en', models.TextField(help_text='One per line, in lower case. Accents do not matter. An asterisk (*) matches any ending; on its own it matches one word or none. For example “child* * porn*” finds “children in pornography”.', verbose_name='words to avoid')),
                ('better_sq', models.CharField(help_text='What to write instead, such as “child sexual abuse material”.', max_length=160, verbose_name='better')),
                ('better_en', models.CharField(help_text='What to write instead, such as “child sexual abuse material”.', max_length=160, verbose_name='better')),
                ('why_sq', models.CharField(help_text='Write one sentence that the editor sees next to the warning, for example “It blames the child”.', max_length=300, verbose_name='why')),
                ('why_en', models.CharField(help_text='Write one sentence that the editor sees next to the warning, for example “It blames the child”.', max_length=300, verbose_name='why')),
            ],
            options={
                'verbose_name': 'word to avoid',
                'verbose_name_plural': 'words to avoid',
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Demand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(help_text='A short name, such as “school-rules”. You cannot change it later.', verbose_name='key')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower comes first, for example 10 before 20.', verbose_name='position')),
                ('title_sq', models.CharField(help_text='What is asked for, in a few words, for example “A national register of sexual crimes”.', max_length=120, verbose_name='title')),
                ('title_en', models.CharField(help_text='What is asked for, in a few words, for example “A national register of sexual crimes”.', max_length=120, verbose_name='title')),
                ('text_sq', models.TextField(help_text='Say how things are now, with dates, for example “The ministry answered in March”.', max_length=500, verbose_name='text')),
                ('text_en', models.TextField(help_text='Say how things are now, with dates, for example “The ministry answered in March”.', max_length=500, verbose_name='text')),
                ('slug_sq', models.SlugField(help_text='The last part of the page’s address, for example “national-register”. It cannot be changed later.', max_length=80, verbose_name='address')),
                ('slug_en', models.SlugField(help_text='The last part of the page’s address, for example “national-register”. It cannot be changed later.', max_length=80, verbose_name='address')),
                ('institution', models.CharField(blank=True, db_default='', default='', help_text='The institution that answers for it today, by its official name in Albanian, for example “Kuvendi”, never a person. Leave empty if we do not know: the page says so.', max_length=160, verbose_name='institution')),
                ('next_date', models.DateField(blank=True, help_text='The date of what is known to come next, such as a vote. The page shows it until that day is over.', null=True, verbose_name='next known date')),
                ('next_event_sq', models.CharField(blank=True, db_default='', default='', help_text='For example “Parliament votes on the law”.', max_length=160, verbose_name='what happens then')),
                ('next_event_en', models.CharField(blank=True, db_default='', default='', help_text='For example “Parliament votes on the law”.', max_length=160, verbose_name='what happens then')),
                ('checked_on', models.DateField(blank=True, help_text='The date someone last checked that this is still correct. Visitors do not see it.', null=True, verbose_name='last reviewed')),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.demand')),
            ],
            options={
                'verbose_name': 'demand',
                'verbose_name_plural': 'demands',
                'ordering': ['position', 'pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DemandStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(help_text='The date on which it happened, or on which the source says how things were.', null=True, verbose_name='date')),
                ('state', models.CharField(choices=[('asked', 'Asked'), ('in_review', 'In review'), ('adopted', 'Law adopted'), ('in_force', 'Law in force'), ('working', 'Working'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('unknown', 'We do not know')], help_text='How far the demand has come with it. News without a change has the same step as before.', max_length=9, verbose_name='step')),
                ('sentence_sq', models.CharField(help_text='One sentence that the source supports, for example “The law on the register was passed.”', max_length=300, verbose_name='what happened')),
                ('sentence_en', models.CharField(help_text='One sentence that the source supports, for example “The law on the register was passed.”', max_length=300, verbose_name='what happened')),
                ('source_title', models.CharField(help_text='Who says so, for example “crca.al, 4.4.2023”.', max_length=160, verbose_name='source')),
                ('source_url', models.URLField(help_text='Where people can read it, for example https://crca.al/en/.', max_length=300, verbose_name='address of the source')),
                ('entered_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='entered')),
                ('reason_sq', models.CharField(blank=True, help_text='What was wrong, in one sentence. Visitors see it.', max_length=240, verbose_name='why it is corrected')),
                ('reason_en', models.CharField(blank=True, help_text='What was wrong, in one sentence. Visitors see it.', max_length=240, verbose_name='why it is corrected')),
                ('corrects', models.ForeignKey(blank=True, help_text='The step that this one replaces. The page goes on showing it in small letters.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='campaign.demandstep', verbose_name='corrects')),
                ('demand', models.ForeignKey(help_text='The demand that moved.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='campaign.demand', verbose_name='demand')),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.demandstep')),
                ('entered_by', models.ForeignKey(editable=False, help_text='The member of staff who entered it. Visitors do not see the name.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='entered by')),
            ],
            options={
                'verbose_name': 'step of a demand',
                'verbose_name_plural': 'steps of demands',
                'ordering': ['-date', '-pk'],
                'default_permissions': ('add', 'view'),
            },
        ),
        migrations.CreateModel(
            name='ExternalLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(help_text='For example https://crca.al/en/.', max_length=500, unique=True, verbose_name='address')),
                ('outcome', models.CharField(choices=[('new', 'not checked yet'), ('opens', 'opens'), ('closed', 'answers, but not to programs'), ('skipped', 'cannot be checked: it has a password or an unusual port'), ('gone', 'there is no such page or site'), ('down', 'the server does not answer'), ('insecure', 'the certificate is not valid: browsers warn people'), ('private', 'leads into a private network')], default='new', help_text='What the last check found.', max_length=8, verbose_name='result')),
                ('checked_at', models.DateTimeField(help_text='When it was last checked.', null=True, verbose_name='checked')),
                ('failing_since', models.DateTimeField(help_text='When it was first found not to open, and not to have opened since.', null=True, verbose_name='fails since')),
            ],
            options={
                'verbose_name': 'link to another site',
                'verbose_name_plural': 'links to other sites',
                'ordering': [models.OrderBy(models.F('failing_since'), nulls_last=True), 'address'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('checked_at', None), ('outcome', 'new')), models.Q(models.Q(('outcome', 'new'), _negated=True), ('checked_at__isnull', False)), _connector='OR'), name='external_link_checked_has_outcome'), models.CheckConstraint(condition=models.Q(models.Q(('failing_since__isnull', False), ('outcome__in', ['gone', 'down', 'insecure', 'private'])), models.Q(models.Q(('outcome__in', ['gone', 'down', 'insecure', 'private']), _negated=True), ('failing_since', None)), _connector='OR'), name='external_link_failing_since_a_failure')],
            },
        ),
        migrations.CreateModel(
            name='Handout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(choices=[('sheet', 'colouring sheet'), ('certificate', 'certificate of a group'), ('wall', 'poster for the classroom wall'), ('lesson', 'lesson outline'), ('paper', 'paper sheet for marks'), ('poster', 'poster for children'), ('leaflet', 'leaflet for adults'), ('mayor', 'letter to a mayor'), ('headteacher', 'letter to a headteacher')], editable=False, max_length=11, unique=True, verbose_name='handout')),
                ('title_sq', models.CharField(help_text='Write the words in large letters, for example “You are not alone”. Their size is adjusted to fit.', max_length=80, verbose_name='title')),
                ('title_en', models.CharField(help_text='Write the words in large letters, for example “You are not alone”. Their size is adjusted to fit.', max_length=80, verbose_name='title')),
                ('text_sq', models.TextField(help_text='Plain text. A line that begins with “- ” is a list item, for example “- Listen first”. In the lesson outline and the leaflet, a line that begins with “# ” is a heading; each heading of the leaflet begins a page. On the posters and the paper sheet, the first line is in bold.', max_length=6000, verbose_name='text')),
                ('text_en', models.TextField(help_text='Plain text. A line that begins with “- ” is a list item, for example “- Listen first”. In the lesson outline and the leaflet, a line that begins with “# ” is a heading; each heading of the leaflet begins a page. On the posters and the paper sheet, the first line is in bold.', max_length=6000, verbose_name='text')),
                ('is_reviewed', models.BooleanField(db_default=False, default=False, help_text='The safeguarding lead ticks this. Until then the lesson outline appears nowhere. If someone else changes a word, it has to be reviewed again.', verbose_name='reviewed')),
            ],
            options={
                'verbose_name': 'sheet to print',
                'verbose_name_plural': 'sheets to print',
                'ordering': ['pk'],
                'permissions': [('review_handout', 'Can review handouts')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('title_sq', ''), _negated=True), models.Q(('title_en', ''), _negated=True), models.Q(('text_sq', ''), _negated=True), models.Q(('text_en', ''), _negated=True)), name='handout_in_both_languages')],
            },
        ),
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('institution', models.CharField(help_text='The institution that receives it, by its official name in Albanian, for example “Kuvendi”. Never a person.', max_length=160, verbose_name='institution')),
                ('handed_on', models.DateField(blank=True, help_text='The date on which the institution registered it. The page counts the days from here.', null=True, verbose_name='handed over on')),
                ('registry_number', models.CharField(blank=True, help_text='The number that the institution gave it, for example “1234/1”. The page shows it.', max_length=60, verbose_name='registry number')),
                ('answered_on', models.DateField(blank=True, help_text='The date of the answer. Leave empty until there is one.', null=True, verbose_name='answered on')),
                ('answer_sq', models.TextField(blank=True, help_text='Write the institution’s own words, without quotation marks, for example “We will examine the demand”; in the other language an exact translation. Leave out the names of people.', max_length=1500, verbose_name='answer')),
                ('answer_en', models.TextField(blank=True, help_text='Write the institution’s own words, without quotation marks, for example “We will examine the demand”; in the other language an exact translation. Leave out the names of people.', max_length=1500, verbose_name='answer')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('demand', models.ForeignKey(help_text='What is handed over.', on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='campaign.demand', verbose_name='demand')),
                ('goal', models.OneToOneField(blank=True, error_messages={'unique': 'This goal already has a hand-over.'}, help_text='The demand is handed over when there are so many supporters. Leave empty if it is for another reason.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='handover', to='pledges.goal', verbose_name='goal')),
            ],
            options={
                'verbose_name': 'hand-over of a demand',
                'verbose_name_plural': 'hand-overs of demands',
                'ordering': ['goal__people', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='HelpChannel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(help_text='A short name, such as “alo-116111”. You cannot change it later.', verbose_name='key')),
                ('kind', models.CharField(choices=[('phone', 'phone'), ('web', 'website'), ('place', 'place')], help_text='How people reach it.', max_length=5, verbose_name='kind')),
                ('number', models.CharField(blank=True, help_text='With spaces, as people read it out, for example “116 111”.', max_length=30, verbose_name='number as shown')),
                ('tel', models.CharField(blank=True, help_text='Digits only, as a phone dials it, for example 116111.', max_length=20, verbose_name='number to dial')),
                ('url', models.URLField(blank=True, help_text='With https:// in front, such as https://www.crca.al.', verbose_name='address on the web')),
                ('name_sq', models.CharField(help_text='As people know it, such as “ALO, the national child helpline”.', max_length=120, verbose_name='name')),
                ('name_en', models.CharField(help_text='As people know it, such as “ALO, the national child helpline”.', max_length=120, verbose_name='name')),
                ('short_sq', models.CharField(blank=True, help_text='Shown next to the number on every page, for example “police”.', max_length=20, verbose_name='one word')),
                ('short_en', models.CharField(blank=True, help_text='Shown next to the number on every page, for example “police”.', max_length=20, verbose_name='one word')),
                ('text_sq', models.TextField(blank=True, help_text='Say who answers, who it is for and what it costs, for example “Trained people answer children, free of charge”. One or two sentences.', verbose_name='text')),
                ('text_en', models.TextField(blank=True, help_text='Say who answers, who it is for and what it costs, for example “Trained people answer children, free of charge”. One or two sentences.', verbose_name='text')),
                ('hours_sq', models.CharField(blank=True, help_text='When someone answers, such as “Day and night”.', max_length=60, verbose_name='hours')),
                ('hours_en', models.CharField(blank=True, help_text='When someone answers, such as “Day and night”.', max_length=60, verbose_name='hours')),
                ('in_strip', models.BooleanField(default=False, help_text='Shown in the bar with the quick exit button. No more than three fit on a phone.', verbose_name='on every page')),
                ('from_abroad', models.BooleanField(default=False, help_text='Also named on the help page for people outside Albania, where short numbers do not work.', verbose_name='works from abroad')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower comes first, for example 10 before 20.', verbose_name='position')),
                ('verified_on', models.DateField(blank=True, help_text='The date someone last called the number or opened the site.', null=True, verbose_name='last verified')),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.helpchannel')),
            ],
            options={
                'verbose_name': 'help channel',
                'verbose_name_plural': 'help channels',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Material',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(help_text='A short name, such as “school-rules”. You cannot change it later.', verbose_name='key')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower comes first, for example 10 before 20.', verbose_name='position')),
                ('section', models.CharField(choices=[('posters', 'posters and leaflets'), ('letters', 'letters'), ('sheets', 'sheets for classes and groups'), ('pictures', 'pictures to share'), ('logos', 'logos')], help_text='The part of the page in which it appears.', max_length=8, verbose_name='section')),
                ('title_sq', models.CharField(help_text='What it is, in a few words, for example “Poster for the bus stop”.', max_length=80, verbose_name='title')),
                ('title_en', models.CharField(help_text='What it is, in a few words, for example “Poster for the bus stop”.', max_length=80, verbose_name='title')),
                ('text_sq', models.CharField(blank=True, help_text='Write one sentence on what it is for, for example “For the noticeboard of a school”. Leave empty if the title says it.', max_length=240, verbose_name='text')),
                ('text_en', models.CharField(blank=True, help_text='Write one sentence on what it is for, for example “For the noticeboard of a school”. Leave empty if the title says it.', max_length=240, verbose_name='text')),
                ('licence_sq', models.CharField(blank=True, help_text='What people may do with it, for example “You can print and share it unchanged”. Leave empty to use the sentence at the top of the page.', max_length=160, verbose_name='licence')),
                ('licence_en', models.CharField(blank=True, help_text='What people may do with it, for example “You can print and share it unchanged”. Leave empty to use the sentence at the top of the page.', max_length=160, verbose_name='licence')),
                ('file_sq', campaign.materials.models.MaterialFileField(blank=True, help_text='PDF, PNG or JPEG, 15 MB or smaller, a PDF of 40 pages or fewer. We remove the data about who made it, where and when. If it has no words, choose the same file for both languages.', max_length=120, upload_to=campaign.materials.models.upload_path, verbose_name='file')),
                ('file_en', campaign.materials.models.MaterialFileField(blank=True, help_text='PDF, PNG or JPEG, 15 MB or smaller, a PDF of 40 pages or fewer. We remove the data about who made it, where and when. If it has no words, choose the same file for both languages.', max_length=120, upload_to=campaign.materials.models.upload_path, verbose_name='file')),
                ('details', models.JSONField(default=dict, editable=False)),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.material')),
            ],
            options={
                'verbose_name': 'material',
                'verbose_name_plural': 'materials',
                'ordering': ['position', 'pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OldAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('language', models.CharField(max_length=2)),
                ('slug', models.CharField(max_length=80)),
                ('target', models.BigIntegerField()),
            ],
            options={
                'verbose_name': 'old address',
                'verbose_name_plural': 'old addresses',
                'constraints': [models.UniqueConstraint(fields=('kind', 'language', 'slug'), name='old_address_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(help_text='A short name, such as “school-rules”. You cannot change it later.', verbose_name='key')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower comes first, for example 10 before 20.', verbose_name='position')),
                ('role', models.CharField(choices=[('founder', 'founder'), ('patron', 'patron'), ('donor', 'donor'), ('partner', 'partner'), ('supporter', 'supporter')], default='supporter', help_text='Founders appear first. The role of a patron, a donor or a partner is shown under the name.', max_length=9, verbose_name='role')),
                ('kind', models.CharField(choices=[('school', 'school'), ('kindergarten', 'kindergarten'), ('municipality', 'municipality'), ('institution', 'public institution'), ('association', 'association'), ('culture', 'culture'), ('media', 'media'), ('sport', 'sport'), ('business', 'business'), ('other', 'other organisation')], db_default='other', default='other', help_text='Shown under the name. Visitors filter the list by it.', max_length=12, verbose_name='kind')),
                ('name_sq', models.CharField(help_text='As the organisation writes it, such as “Barnahus Albania”.', max_length=120, verbose_name='name')),
                ('name_en', models.CharField(help_text='As the organisation writes it, such as “Barnahus Albania”.', max_length=120, verbose_name='name')),
                ('text_sq', models.CharField(blank=True, help_text='Say in one or two sentences what the organisation does for the movement, or why it joined, for example “We train teachers in every county”.', max_length=300, verbose_name='text')),
                ('text_en', models.CharField(blank=True, help_text='Say in one or two sentences what the organisation does for the movement, or why it joined, for example “We train teachers in every county”.', max_length=300, verbose_name='text')),
                ('url', models.URLField(blank=True, help_text='With https:// in front, such as https://www.crca.al.', verbose_name='address on the web')),
                ('is_abroad', models.BooleanField(db_default=False, default=False, help_text='Tick this if its main office is abroad. Then choose no municipality.', verbose_name='outside Albania')),
                ('renewed_at', models.DateTimeField(blank=True, help_text='An entry lapses a year after this, and is hidden 90 days later. Leave empty for an organisation that does not have to renew, such as a founder.', null=True, verbose_name='renewed')),
                ('logo', models.CharField(blank=True, db_default='', editable=False, max_length=24)),
                ('new_logo', models.CharField(blank=True, db_default='', editable=False, max_length=24)),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.organisation')),
                ('joining', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entry', to='pledges.joining')),
                ('municipality', models.ForeignKey(blank=True, help_text='Where its main office is. Leave empty if it works in the whole country.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pledges.municipality', verbose_name='municipality')),
            ],
            options={
                'verbose_name': 'organisation',
                'verbose_name_plural': 'organisations',
                'ordering': ['position', 'pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Page',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug_sq', models.SlugField(help_text='The last part of the page’s address, such as “the-problem”.', max_length=80, verbose_name='address')),
                ('slug_en', models.SlugField(help_text='The last part of the page’s address, such as “the-problem”.', max_length=80, verbose_name='address')),
                ('title_sq', models.CharField(blank=True, help_text='Say what it is about, in a few words, for example “Ribbon week in Vlorë”. The link has the same words.', max_length=120, verbose_name='title')),
                ('title_en', models.CharField(blank=True, help_text='Say what it is about, in a few words, for example “Ribbon week in Vlorë”. The link has the same words.', max_length=120, verbose_name='title')),
                ('lead_sq', models.TextField(blank=True, help_text='Write one or two sentences, which appear under the title, for example “Twelve schools open their doors to parents”.', max_length=400, verbose_name='lead')),
                ('lead_en', models.TextField(blank=True, help_text='Write one or two sentences, which appear under the title, for example “Twelve schools open their doors to parents”.', max_length=400, verbose_name='lead')),
                ('body_sq', models.TextField(blank=True, verbose_name='text')),
                ('body_en', models.TextField(blank=True, verbose_name='text')),
                ('share_title_sq', models.CharField(blank=True, help_text='Leave empty to use the title, or write a shorter one, for example “Ribbon week”.', max_length=120, verbose_name='title when shared')),
                ('share_title_en', models.CharField(blank=True, help_text='Leave empty to use the title, or write a shorter one, for example “Ribbon week”.', max_length=120, verbose_name='title when shared')),
                ('share_text_sq', models.CharField(blank=True, help_text='Leave empty to use the lead, or write one sentence, for example “Twelve schools take part”.', max_length=240, verbose_name='text when shared')),
                ('share_text_en', models.CharField(blank=True, help_text='Leave empty to use the lead, or write one sentence, for example “Twelve schools take part”.', max_length=240, verbose_name='text when shared')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('search_sq', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(models.Func(models.F('title_sq'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='A'), '||', django.contrib.postgres.search.SearchVector(models.Func(models.F('lead_sq'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='B'), django.contrib.postgres.search.SearchConfig('site')), '||', django.contrib.postgres.search.SearchVector(models.Func(models.F('body_sq'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='C'), django.contrib.postgres.search.SearchConfig('site')), output_field=django.contrib.postgres.search.SearchVectorField())),
                ('search_en', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(models.Func(models.F('title_en'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='A'), '||', django.contrib.postgres.search.SearchVector(models.Func(models.F('lead_en'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='B'), django.contrib.postgres.search.SearchConfig('site')), '||', django.contrib.postgres.search.SearchVector(models.Func(models.F('body_en'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='C'), django.contrib.postgres.search.SearchConfig('site')), output_field=django.contrib.postgres.search.SearchVectorField())),
                ('key', models.SlugField(help_text='A short name, such as “problem”. You cannot change it later.', verbose_name='key')),
                ('menu_position', models.PositiveSmallIntegerField(blank=True, help_text='Leave empty to keep it out of the menu. Lower comes first, for example 1 before 2.', null=True, verbose_name='place in the menu')),
                ('footer_column', models.PositiveSmallIntegerField(choices=[(0, 'not in the footer'), (1, 'first column'), (2, 'second column'), (3, 'third column')], db_default=0, default=0, help_text='Phones show the columns one after the other.', verbose_name='column of the footer')),
                ('footer_position', models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Lower comes first. The fixed links have the places 20, 30 and so on: for example 25 is between these two.', verbose_name='place in the column')),
                ('say_sq', models.TextField(blank=True, db_default='', default='', help_text='One phrase on each line, without quotation marks. The page shows them as quotations.', max_length=600, verbose_name='what to say to a child')),
                ('say_en', models.TextField(blank=True, db_default='', default='', help_text='One phrase on each line, without quotation marks. The page shows them as quotations.', max_length=600, verbose_name='what to say to a child')),
                ('do_not_say_sq', models.TextField(blank=True, db_default='', default='', help_text='One phrase on each line, without quotation marks. The page shows them as quotations.', max_length=600, verbose_name='what not to say')),
                ('do_not_say_en', models.TextField(blank=True, db_default='', default='', help_text='One phrase on each line, without quotation marks. The page shows them as quotations.', max_length=600, verbose_name='what not to say')),
                ('source', models.TextField(blank=True, help_text='Say where the facts on this page come from, with the year, for example “INSTAT, 2023”.', verbose_name='sources')),
                ('layout', models.CharField(blank=True, choices=[('', 'text only'), ('steps', 'text in steps, one for each subheading'), ('child', 'page for a child, with the number to call'), ('figures', 'text, and all figures after its first part'), ('demands', 'the demands, then text'), ('partners', 'the organisations behind the movement, then text'), ('downloads', 'text, then logos and pictures to download'), ('kept', 'text, then what we keep and for how long')], db_default='', default='', help_text='What the page shows besides its text.', max_length=100, verbose_name='what the page shows')),
                ('beside', models.CharField(blank=True, db_default='', default='', help_text='One name for each part of the text, such as “sixty-seven, -, voice”: the key of a figure, or voice; “-” for nothing. Leave empty to put the headings there.', max_length=100, verbose_name='beside the text')),
                ('next_page', models.CharField(blank=True, db_default='', default='', help_text='The link at the end of the page.', max_length=100, verbose_name='page that comes next')),
                ('next_label_sq', models.CharField(blank=True, db_default='', default='', help_text='For example “What to do now”. Leave empty for the title of the page.', max_length=100, verbose_name='words of the link')),
                ('next_label_en', models.CharField(blank=True, db_default='', default='', help_text='For example “What to do now”. Leave empty for the title of the page.', max_length=100, verbose_name='words of the link')),
                ('write_to', models.CharField(blank=True, choices=[('', 'not shown'), ('press', 'address for the press'), ('data', 'address for data protection'), ('site', 'contact form about the site')], db_default='', default='', help_text='Whom readers of the page write to.', max_length=100, verbose_name='“Write to us” at the end')),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.page')),
                ('sector', models.ForeignKey(blank=True, help_text='If this page belongs to a group, it shows the group’s own 1, its commitments and the pledge button.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='pages', to='pledges.sector', verbose_name='group')),
            ],
            options={
                'verbose_name': 'page',
                'verbose_name_plural': 'pages',
                'ordering': ['menu_position', 'key'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MenuPlace',
            fields=[
            ],
            options={
                'verbose_name': 'place in menu and footer',
                'verbose_name_plural': 'menu and footer',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('campaign.page',),
        ),
        migrations.CreateModel(
            name='PageText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(choices=[('home_eyebrow', 'small line above the headline'), ('home_lead', 'lead, the sentence under the headline'), ('home_vows', 'title above the three promises'), ('home_vows_lead', 'sentence above the three promises'), ('home_groups', 'title above the groups'), ('home_demands', 'title above the demands'), ('home_call', 'last line, above the button at the end'), ('vow_1', 'first promise'), ('vow_1_text', 'what the first promise means'), ('vow_2', 'second promise'), ('vow_2_text', 'what the second promise means'), ('vow_3', 'third promise'), ('vow_3_text', 'what the third promise means'), ('pledge_lead', 'lead, the sentence above the form'), ('pledge_shared', 'text in search results and when shared'), ('thanks_title', 'title after confirming'), ('thanks_bring', 'title above the link to pass on'), ('thanks_bring_text', 'sentence above the link to pass on'), ('thanks_withdrawn', 'farewell after withdrawing'), ('child_title', 'title'), ('child_lead', 'lead, saying that nothing is kept'), ('child_danger', 'what to do in danger'), ('child_part', 'title of “You can be part of it”'), ('child_part_text', 'text of “You can be part of it”'), ('child_hurt', 'title of what to do if someone hurts you'), ('child_hurt_first', 'first sentence about it, in bold'), ('child_hurt_text', 'text of what to do if someone hurts you'), ('wrote_title', 'title'), ('wrote_lead', 'lead, saying that the message is not kept'), ('totals_shared', 'text in search results and when shared'), ('help_lead', 'lead, what to do now'), ('help_child', 'title of what a child reads'), ('help_child_first', 'first sentence to a child, in bold'), ('help_child_text', 'text to a child'), ('help_abroad', 'what to do outside Albania'), ('help_shared', 'text in search results and when shared'), ('units_lead', 'lead, what a unit does'), ('units_call', 'whom to call when a unit has not been checked'), ('units_shared', 'text in search results and when shared'), ('materials_lead', 'lead, the sentence under the title'), ('materials_licence', 'what people may do with the materials'), ('every_footer', 'sentence at the foot of the page'), ('every_shared', 'text in search results and when shared'), ('every_card', 'text on the picture of a shared link')], editable=False, max_length=20, verbose_name='place')),
                ('page', models.CharField(choices=[('home', 'Home page'), ('vows', 'The three promises (home page and pledge form)'), ('pledge', 'Pledge form'), ('thanks', 'After confirming or withdrawing'), ('child', 'Page for under-16s'), ('wrote', 'Page for under-16s who wrote to us'), ('totals', 'Supporters so far'), ('help', 'Help page'), ('units', 'Page of the child protection units'), ('prints', 'Materials'), ('every', 'Every page')], editable=False, max_length=6, verbose_name='page')),
                ('position', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='position')),
                ('text_sq', models.TextField(help_text='Write plain text, without HTML, for example “No child is left alone”. In a longer text, leave an empty line to start a new paragraph.', max_length=1000, verbose_name='text')),
                ('text_en', models.TextField(help_text='Write plain text, without HTML, for example “No child is left alone”. In a longer text, leave an empty line to start a new paragraph.', max_length=1000, verbose_name='text')),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.pagetext')),
            ],
            options={
                'verbose_name': 'page text',
                'verbose_name_plural': 'page texts',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Picture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', campaign.pictures.models.PictureFileField(height_field='height', help_text='JPEG, PNG or WebP, 30 MB or smaller. We remove the data about where and how it was taken. Never use a photo of a child in distress, or anything that could identify a victim.', max_length=60, upload_to=campaign.pictures.models.upload_path, verbose_name='picture file', width_field='width')),
                ('width', models.PositiveSmallIntegerField(editable=False, verbose_name='width')),
                ('height', models.PositiveSmallIntegerField(editable=False, verbose_name='height')),
                ('alt_sq', models.CharField(blank=True, help_text='One sentence for people who cannot see it, for example “Pupils and their teacher plant a tree in the school yard”.', max_length=250, verbose_name='what it shows')),
                ('alt_en', models.CharField(blank=True, help_text='One sentence for people who cannot see it, for example “Pupils and their teacher plant a tree in the school yard”.', max_length=250, verbose_name='what it shows')),
                ('is_decorative', models.BooleanField(default=False, help_text='Tick this if the picture adds nothing to the text. Screen readers will skip it, and it needs no description.', verbose_name='decoration only')),
                ('caption_sq', models.CharField(blank=True, help_text='Shown below it, for example “Ribbon week in Vlorë, 18 November 2026”. Optional.', max_length=250, verbose_name='caption')),
                ('caption_en', models.CharField(blank=True, help_text='Shown below it, for example “Ribbon week in Vlorë, 18 November 2026”. Optional.', max_length=250, verbose_name='caption')),
                ('credit_sq', models.CharField(blank=True, help_text='Shown in small letters below it, for example “Photo: CRCA Albania”.', max_length=120, verbose_name='credit')),
                ('credit_en', models.CharField(blank=True, help_text='Shown in small letters below it, for example “Photo: CRCA Albania”.', max_length=120, verbose_name='credit')),
                ('focus', models.CharField(choices=[('top-left', 'top left'), ('top', 'top'), ('top-right', 'top right'), ('left', 'left'), ('center', 'middle'), ('right', 'right'), ('bottom-left', 'bottom left'), ('bottom', 'bottom'), ('bottom-right', 'bottom right')], default='center', help_text='Select the part that must stay visible when the picture is cropped for messaging apps and social media.', max_length=12, verbose_name='what matters most')),
                ('sizes', models.JSONField(default=dict, editable=False)),
                ('sized_at', models.DateTimeField(editable=False, null=True, verbose_name='sizes made')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'picture',
                'verbose_name_plural': 'pictures',
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('alt_en', ''), ('alt_sq', ''), ('is_decorative', True)), models.Q(('is_decorative', False), models.Q(('alt_sq', ''), _negated=True), models.Q(('alt_en', ''), _negated=True)), _connector='OR'), name='picture_is_described_or_decorative', violation_error_message='Describe the picture in both languages, or say that it is decoration only.'), models.CheckConstraint(condition=models.Q(models.Q(('credit_en', ''), ('credit_sq', '')), models.Q(models.Q(('credit_sq', ''), _negated=True), models.Q(('credit_en', ''), _negated=True)), _connector='OR'), name='picture_credit_in_both_languages', violation_error_message='Write this in both languages, or leave both empty.'), models.CheckConstraint(condition=models.Q(models.Q(('caption_en', ''), ('caption_sq', '')), models.Q(models.Q(('caption_sq', ''), _negated=True), models.Q(('caption_en', ''), _negated=True)), _connector='OR'), name='picture_caption_in_both_languages', violation_error_message='Write this in both languages, or leave both empty.'), models.CheckConstraint(condition=models.Q(('height__gt', 0), ('width__gt', 0), models.Q(('file', ''), _negated=True)), name='picture_has_dimensions'), models.CheckConstraint(condition=models.Q(('sized_at', None), models.Q(('sizes', {}), _negated=True), _connector='OR'), name='picture_sized_has_sizes')],
            },
        ),
        migrations.AddField(
            model_name='page',
            name='picture',
            field=models.ForeignKey(blank=True, help_text='Shown large below the lead, and next to the link when someone shares it. Optional.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaign.picture', verbose_name='picture'),
        ),
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug_sq', models.SlugField(help_text='The last part of the page’s address, such as “the-problem”.', max_length=80, verbose_name='address')),
                ('slug_en', models.SlugField(help_text='The last part of the page’s address, such as “the-problem”.', max_length=80, verbose_name='address')),
                ('title_sq', models.CharField(blank=True, help_text='Say what it is about, in a few words, for example “Ribbon week in Vlorë”. The link has the same words.', max_length=120, verbose_name='title')),
                ('title_en', models.CharField(blank=True, help_text='Say what it is about, in a few words, for example “Ribbon week in Vlorë”. The link has the same words.', max_length=120, verbose_name='title')),
                ('lead_sq', models.TextField(blank=True, help_text='Write one or two sentences, which appear under the title, for example “Twelve schools open their doors to parents”.', max_length=400, verbose_name='lead')),
                ('lead_en', models.TextField(blank=True, help_text='Write one or two sentences, which appear under the title, for example “Twelve schools open their doors to parents”.', max_length=400, verbose_name='lead')),
                ('body_sq', models.TextField(blank=True, verbose_name='text')),
                ('body_en', models.TextField(blank=True, verbose_name='text')),
                ('share_title_sq', models.CharField(blank=True, help_text='Leave empty to use the title, or write a shorter one, for example “Ribbon week”.', max_length=120, verbose_name='title when shared')),
                ('share_title_en', models.CharField(blank=True, help_text='Leave empty to use the title, or write a shorter one, for example “Ribbon week”.', max_length=120, verbose_name='title when shared')),
                ('share_text_sq', models.CharField(blank=True, help_text='Leave empty to use the lead, or write one sentence, for example “Twelve schools take part”.', max_length=240, verbose_name='text when shared')),
                ('share_text_en', models.CharField(blank=True, help_text='Leave empty to use the lead, or write one sentence, for example “Twelve schools take part”.', max_length=240, verbose_name='text when shared')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('search_sq', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(models.Func(models.F('title_sq'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='A'), '||', django.contrib.postgres.search.SearchVector(models.Func(models.F('lead_sq'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='B'), django.contrib.postgres.search.SearchConfig('site')), '||', django.contrib.postgres.search.SearchVector(models.Func(models.F('body_sq'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='C'), django.contrib.postgres.search.SearchConfig('site')), output_field=django.contrib.postgres.search.SearchVectorField())),
                ('search_en', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(models.Func(models.F('title_en'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='A'), '||', django.contrib.postgres.search.SearchVector(models.Func(models.F('lead_en'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='B'), django.contrib.postgres.search.SearchConfig('site')), '||', django.contrib.postgres.search.SearchVector(models.Func(models.F('body_en'), models.Value('(\\w)/(?=\\w)'), models.Value('\\1 '), models.Value('g'), function='regexp_replace', output_field=models.TextField()), config='site', weight='C'), django.contrib.postgres.search.SearchConfig('site')), output_field=django.contrib.postgres.search.SearchVectorField())),
                ('date', models.DateField(help_text='The date of the event. The newest comes first.', null=True, verbose_name='date')),
                ('source', models.CharField(blank=True, help_text='Where it says so, for example “crca.al, 4 April 2023”.', max_length=160, verbose_name='source')),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.article')),
                ('picture', models.ForeignKey(blank=True, help_text='Shown large below the lead, and next to the link when someone shares it. Optional.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaign.picture', verbose_name='picture')),
            ],
            options={
                'verbose_name': 'article',
                'verbose_name_plural': 'news',
                'ordering': ['-date', '-pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PictureConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.CharField(help_text='Say who it is without a name, for example “the teacher on the left”. For someone under 18, a parent agrees.', max_length=80, verbose_name='person in the picture')),
                ('how', models.CharField(choices=[('writing', 'in writing'), ('mail', 'by email'), ('recorded', 'in a recording')], help_text='Keep the letter, the email or the recording where the team keeps consents, not here.', max_length=8, verbose_name='how the person agreed')),
                ('agreed_on', models.DateField(help_text='The day on which the person agreed.', verbose_name='agreed on')),
                ('scope', models.CharField(choices=[('site', 'on this site'), ('social', 'on this site and on social media'), ('print', 'on this site, on social media and in print')], help_text='Only what the person agreed to.', max_length=6, verbose_name='where we may use it')),
                ('ends_on', models.DateField(help_text='The last day on which visitors see the picture, at most two years after the person agreed.', verbose_name='until')),
                ('picture', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='campaign.picture')),
            ],
            options={
                'verbose_name': 'consent of a person in a picture',
                'verbose_name_plural': 'people in the picture',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='ProtectionUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phone', models.CharField(blank=True, help_text='Write one number, with spaces, as people read it out, for example “04 000 0000”.', max_length=30, validators=[django.core.validators.RegexValidator('^(?=(\\D*\\d){3})\\+?[\\d ()/.-]+$', 'Enter one phone number: digits and spaces, for example 04 000 0000.')], verbose_name='phone')),
                ('email', models.EmailField(blank=True, help_text='Write the address of the unit, not of a person, for example unit@example.org.', max_length=120, verbose_name='email')),
                ('address', models.CharField(blank=True, help_text='Write street, building and floor, as people there say it, for example “12 Dibra Street, town hall, second floor”.', max_length=160, verbose_name='address')),
                ('hours_sq', models.CharField(blank=True, help_text='When someone is there, for example “Monday to Friday, 8:00–16:00”.', max_length=120, verbose_name='hours')),
                ('hours_en', models.CharField(blank=True, help_text='When someone is there, for example “Monday to Friday, 8:00–16:00”.', max_length=120, verbose_name='hours')),
                ('verified_on', models.DateField(blank=True, help_text='The date someone last called the unit. Visitors see the contact data only with this date.', null=True, verbose_name='verified on')),
                ('municipality', models.OneToOneField(help_text='Each municipality has one unit.', on_delete=django.db.models.deletion.CASCADE, related_name='protection_unit', to='pledges.municipality', verbose_name='municipality')),
                ('verified_by', models.ForeignKey(blank=True, help_text='The member of staff who checked it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='verified by')),
            ],
            options={
                'verbose_name': 'child protection unit',
                'verbose_name_plural': 'child protection units',
                'ordering': ['municipality__county__sort_key', 'municipality__sort_key'],
            },
        ),
        migrations.CreateModel(
            name='SiteSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('exit_url', models.URLField(default='https://www.google.com/', help_text='A neutral page that looks normal if someone sees the screen, such as a search engine.', validators=[django.core.validators.RegexValidator('^https://', 'The address must begin with https://, so that nobody on the way can read it.')], verbose_name='where the quick exit leads')),
                ('press_contact', models.CharField(blank=True, db_default='', default='', help_text='Write an email address or a web address, for example press@example.org. It appears on the contact page and on the page for the press. Leave empty to lead to the contact form.', max_length=200, validators=[campaign.settings.models.validate_contact], verbose_name='address for the press')),
                ('data_contact', models.CharField(blank=True, db_default='', default='', help_text='Write an email address or a web address, for example data@example.org. It appears on the contact page and in the privacy notice. Leave empty to lead to the contact form.', max_length=200, validators=[campaign.settings.models.validate_contact], verbose_name='address for data protection')),
                ('security_contact', models.CharField(blank=True, db_default='', default='', help_text='Write an email address or a web address, for example security@example.org. It appears on the contact page and in security.txt, where people who find a weakness look. Leave empty to lead to the contact form.', max_length=200, validators=[campaign.settings.models.validate_contact], verbose_name='address for security problems')),
                ('reviewed_on', models.DateField(blank=True, help_text='The date on which a lawyer reviewed the privacy notice and the consent.', null=True, verbose_name='legal texts reviewed on')),
                ('banner_sq', models.CharField(blank=True, db_default='', default='', help_text='For example “On 18 November the site is slower from 10 to 12.” Leave empty for no banner.', max_length=160, verbose_name='sentence')),
                ('banner_en', models.CharField(blank=True, db_default='', default='', help_text='For example “On 18 November the site is slower from 10 to 12.” Leave empty for no banner.', max_length=160, verbose_name='sentence')),
                ('banner_url_sq', models.CharField(blank=True, db_default='', default='', help_text='A page of this site, such as /en/events/, or an address that begins with https://. Optional.', max_length=200, validators=[django.core.validators.RegexValidator('^$|^/([^/\\s]\\S*)?$|^https://\\S+$', 'Enter a page of this site, such as /en/events/, or an https:// address.')], verbose_name='where the sentence leads')),
                ('banner_url_en', models.CharField(blank=True, db_default='', default='', help_text='A page of this site, such as /en/events/, or an address that begins with https://. Optional.', max_length=200, validators=[django.core.validators.RegexValidator('^$|^/([^/\\s]\\S*)?$|^https://\\S+$', 'Enter a page of this site, such as /en/events/, or an https:// address.')], verbose_name='where the sentence leads')),
                ('banner_from', models.DateTimeField(blank=True, help_text='Leave empty to show it straight away.', null=True, verbose_name='shown from')),
                ('banner_until', models.DateTimeField(blank=True, help_text='It is taken down automatically at this time.', null=True, verbose_name='shown until')),
                ('share_picture', models.ForeignKey(blank=True, help_text='Shown next to the link when someone shares a page that has no picture of its own. Leave empty for a drawing with the title of the page.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaign.picture', verbose_name='picture when shared')),
            ],
            options={
                'verbose_name': 'site settings',
                'verbose_name_plural': 'site settings',
            },
        ),
        migrations.CreateModel(
            name='SocialLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('network', models.CharField(choices=[('facebook', 'Facebook'), ('instagram', 'Instagram'), ('youtube', 'YouTube'), ('tiktok', 'TikTok'), ('linkedin', 'LinkedIn'), ('x', 'X')], help_text='Its name is shown at the foot of every page.', max_length=9, verbose_name='network')),
                ('url', models.URLField(help_text='Beginning with https://, for example https://www.facebook.com/crca.al.', verbose_name='address of the page there')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower comes first, for example 10 before 20.', verbose_name='position')),
                ('settings', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='social_links', to='campaign.sitesettings')),
            ],
            options={
                'verbose_name': 'page on a social network',
                'verbose_name_plural': 'pages on social networks',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Statistic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(help_text='A short name, such as “school-rules”. You cannot change it later.', verbose_name='key')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower comes first, for example 10 before 20.', verbose_name='position')),
                ('value_sq', models.CharField(help_text='As shown in large type, for example “1 in 10”.', max_length=20, verbose_name='figure')),
                ('value_en', models.CharField(help_text='As shown in large type, for example “1 in 10”.', max_length=20, verbose_name='figure')),
                ('text_sq', models.CharField(help_text='What the figure says, for example “children had an unwanted sexual experience online”.', max_length=240, verbose_name='text')),
                ('text_en', models.CharField(help_text='What the figure says, for example “children had an unwanted sexual experience online”.', max_length=240, verbose_name='text')),
                ('source_sq', models.CharField(help_text='Who published it, for example “UNICEF, One Click Away”.', max_length=200, verbose_name='source')),
                ('source_en', models.CharField(help_text='Who published it, for example “UNICEF, One Click Away”.', max_length=200, verbose_name='source')),
                ('age_sq', models.CharField(blank=True, db_default='', default='', help_text='How old the children were, for example “11 to 16”. Leave empty if it is not known: the page says so.', max_length=40, verbose_name='age')),
                ('age_en', models.CharField(blank=True, db_default='', default='', help_text='How old the children were, for example “11 to 16”. Leave empty if it is not known: the page says so.', max_length=40, verbose_name='age')),
                ('method_sq', models.CharField(blank=True, db_default='', default='', help_text='Who was asked or counted, for example “BECAN study, 3,328 answers”. Leave empty if it is not known: the page says so.', max_length=120, verbose_name='how it was measured')),
                ('method_en', models.CharField(blank=True, db_default='', default='', help_text='Who was asked or counted, for example “BECAN study, 3,328 answers”. Leave empty if it is not known: the page says so.', max_length=120, verbose_name='how it was measured')),
                ('year', models.PositiveSmallIntegerField(help_text='The year of the source, such as 2013.', null=True, verbose_name='year')),
                ('url', models.URLField(blank=True, help_text='Where people can read it, for example https://www.unicef.org/albania.', verbose_name='address of the source')),
                ('on_home', models.BooleanField(default=False, help_text='The home page shows one: the first that has this ticked.', verbose_name='on the home page')),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.statistic')),
            ],
            options={
                'verbose_name': 'figure',
                'verbose_name_plural': 'figures',
                'ordering': ['position', 'pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Voice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(help_text='A short name, such as “school-rules”. You cannot change it later.', verbose_name='key')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower comes first, for example 10 before 20.', verbose_name='position')),
                ('kind', models.CharField(choices=[('public', 'from a public source'), ('given', 'given to us')], db_default='public', default='public', help_text='From a public source: someone said it where everyone can read or hear it. Given to us: someone said it to the movement. Its owner then sees a preview, and visitors see it only once its owner agrees. You cannot change this later.', max_length=6, verbose_name='kind')),
                ('text_sq', models.TextField(help_text='Write what the person said, without quotation marks, for example “I believe every child”. The page shows that it is a quotation.', max_length=400, verbose_name='text')),
                ('text_en', models.TextField(help_text='Write what the person said, without quotation marks, for example “I believe every child”. The page shows that it is a quotation.', max_length=400, verbose_name='text')),
                ('person', models.CharField(help_text='Give the first name and surname, for example “Zana Hoxha”. Never name someone who has suffered violence.', max_length=80, verbose_name='person')),
                ('role_sq', models.CharField(help_text='Who the person is, such as “Director of CRCA Albania”.', max_length=160, verbose_name='role')),
                ('role_en', models.CharField(help_text='Who the person is, such as “Director of CRCA Albania”.', max_length=160, verbose_name='role')),
                ('date', models.DateField(help_text='The date it was said.', null=True, verbose_name='date')),
                ('source', models.CharField(blank=True, help_text='Where people can read or hear it, for example “crca.al”. Leave empty if it was given to us.', max_length=160, verbose_name='source')),
                ('is_paraphrased', models.BooleanField(default=False, help_text='Tick this if it is not an exact quotation. The page will say so.', verbose_name='in our own words')),
                ('how', models.CharField(blank=True, choices=[('writing', 'in writing'), ('mail', 'by email'), ('recorded', 'in a recording')], db_default='', default='', help_text='Keep the letter, the email or the recording where the team keeps consents, not here.', max_length=8, verbose_name='how the person agreed')),
                ('agreed_on', models.DateField(blank=True, help_text='The day on which the person agreed. If you ask again: the day on which you ask.', null=True, verbose_name='agreed on')),
                ('scope', models.CharField(blank=True, choices=[('site', 'on this site'), ('social', 'on this site and on social media'), ('print', 'on this site, on social media and in print')], db_default='', default='', help_text='Only what the person agreed to. The preview says it too.', max_length=6, verbose_name='where we may use it')),
                ('ends_on', models.DateField(blank=True, help_text='The last day on which visitors see it, at most two years after the person agreed. A month before, the front page reminds you; a month after, the voice is removed.', null=True, verbose_name='until')),
                ('is_adult', models.BooleanField(db_default=False, default=False, help_text='We take no words from anyone under 18, not even with a parent’s consent.', verbose_name='the person is 18 or older')),
                ('is_no_story', models.BooleanField(db_default=False, default=False, help_text='It does not tell what happened to a child or to a survivor, not even without names: people nearby recognise them.', verbose_name='it tells no story of abuse')),
                ('fingerprint', models.GeneratedField(db_persist=True, expression=models.Func(models.Func(models.Func(models.F('text_sq'), function='quote_literal', output_field=models.TextField()), models.Func(models.F('text_en'), function='quote_literal', output_field=models.TextField()), models.Func(models.F('person'), function='quote_literal', output_field=models.TextField()), models.Func(models.F('role_sq'), function='quote_literal', output_field=models.TextField()), models.Func(models.F('role_en'), function='quote_literal', output_field=models.TextField()), models.Func(models.F('source'), function='quote_literal', output_field=models.TextField()), models.Func(models.F('scope'), function='quote_literal', output_field=models.TextField()), models.Func(models.Func(models.F('date'), output_field=models.TextField(), template="((%(expressions)s - DATE '2000-01-01')::text)"), function='quote_literal', output_field=models.TextField()), models.Func(django.db.models.functions.comparison.Coalesce(models.Func(models.F('ends_on'), output_field=models.TextField(), template="((%(expressions)s - DATE '2000-01-01')::text)"), models.Value('')), function='quote_literal', output_field=models.TextField()), models.Func(django.db.models.functions.comparison.Cast('is_paraphrased', models.TextField()), function='quote_literal', output_field=models.TextField()), arg_joiner=' || ', output_field=models.TextField(), template='%(expressions)s'), output_field=models.CharField(max_length=64), template="encode(sha256(decode(%(expressions)s, 'escape')), 'hex')"), output_field=models.CharField(max_length=64))),
                ('draft', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.draft')),
                ('draft_of', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='draft_copy', to='campaign.voice')),
                ('owner', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='voice', to='pledges.voiceowner')),
            ],
            options={
                'verbose_name': 'voice',
                'verbose_name_plural': 'voices',
                'ordering': ['position', 'pk'],
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=staff.drafts.models.UniqueLive(fields=('key',), name='demand_key'),
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=staff.drafts.models.UniqueLive(fields=('slug_sq',), name='demand_slug_sq'),
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=staff.drafts.models.UniqueLive(fields=('slug_en',), name='demand_slug_en'),
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(('next_date', None), ('next_event_en', ''), ('next_event_sq', '')), models.Q(('next_date__isnull', False), models.Q(('next_event_sq', ''), _negated=True), models.Q(('next_event_en', ''), _negated=True)), _connector='OR'), name='demand_next_date_with_what_happens', violation_error_message='Give the next date together with what happens then, or leave both empty.'),
        ),
        migrations.AddConstraint(
            model_name='demandstep',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(('date__isnull', False), ('demand__isnull', False), models.Q(('sentence_sq', ''), _negated=True), models.Q(('sentence_en', ''), _negated=True)), _connector='OR'), name='demandstep_in_both_languages'),
        ),
        migrations.AddConstraint(
            model_name='demandstep',
            constraint=staff.drafts.models.UniqueLive(fields=('corrects',), name='demandstep_corrects'),
        ),
        migrations.AddConstraint(
            model_name='demandstep',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(models.Q(('source_title', ''), _negated=True), ('source_url__regex', '^https?://')), _connector='OR'), name='demandstep_has_a_source', violation_error_message='A step needs a source with its web address.'),
        ),
        migrations.AddConstraint(
            model_name='demandstep',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), ('date__lte', django.db.models.functions.datetime.TruncDate(models.F('entered_at'), tzinfo=zoneinfo.ZoneInfo(key='Europe/Tirane'))), _connector='OR'), name='demandstep_is_not_in_the_future'),
        ),
        migrations.AddConstraint(
            model_name='demandstep',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(('corrects', None), ('reason_en', ''), ('reason_sq', '')), models.Q(('corrects__isnull', False), models.Q(('reason_sq', ''), _negated=True), models.Q(('reason_en', ''), _negated=True)), _connector='OR'), name='demandstep_correction_says_why', violation_error_message='Say in both languages what was wrong.'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(('institution', ''), _negated=True), name='handover_names_an_institution'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('handed_on', None), ('registry_number', '')), models.Q(('handed_on__isnull', False), models.Q(('registry_number', ''), _negated=True)), _connector='OR'), name='handover_date_with_registry_number', violation_error_message='Enter the date and the registry number together.'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer_en', ''), ('answer_sq', ''), ('answered_on', None)), models.Q(('answered_on__gte', models.F('handed_on')), ('answered_on__isnull', False), ('handed_on__isnull', False), models.Q(('answer_sq', ''), _negated=True), models.Q(('answer_en', ''), _negated=True)), _connector='OR'), name='handover_answer_is_whole', violation_error_message='An answer needs its date, its words in both languages, and a hand-over before it.'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('handed_on', None), ('handed_on__lte', django.db.models.functions.datetime.TruncDate(models.F('changed_at'), tzinfo=zoneinfo.ZoneInfo(key='Europe/Tirane'))), _connector='OR'), models.Q(('answered_on', None), ('answered_on__lte', django.db.models.functions.datetime.TruncDate(models.F('changed_at'), tzinfo=zoneinfo.ZoneInfo(key='Europe/Tirane'))), _connector='OR')), name='handover_is_not_in_the_future'),
        ),
        migrations.AddConstraint(
            model_name='helpchannel',
            constraint=staff.drafts.models.UniqueLive(fields=('key',), name='helpchannel_key'),
        ),
        migrations.AddConstraint(
            model_name='helpchannel',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), ('in_strip', False), models.Q(models.Q(('tel', ''), _negated=True), models.Q(('number', ''), _negated=True), models.Q(('short_sq', ''), _negated=True), models.Q(('short_en', ''), _negated=True)), _connector='OR'), name='help_channel_strip_has_number', violation_error_message='A channel on every page needs a number and one word in both languages.'),
        ),
        migrations.AddConstraint(
            model_name='material',
            constraint=staff.drafts.models.UniqueLive(fields=('key',), name='material_key'),
        ),
        migrations.AddConstraint(
            model_name='material',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(models.Q(('title_sq', ''), _negated=True), models.Q(('title_en', ''), _negated=True), models.Q(('file_sq', ''), _negated=True), models.Q(('file_en', ''), _negated=True)), _connector='OR'), name='material_in_both_languages'),
        ),
        migrations.AddConstraint(
            model_name='organisation',
            constraint=staff.drafts.models.UniqueLive(fields=('key',), name='organisation_key'),
        ),
        migrations.AddConstraint(
            model_name='organisation',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), ('is_abroad', False), ('municipality', None), _connector='OR'), name='organisation_is_in_one_place', violation_error_message='Choose a municipality or tick “outside Albania”, not both.'),
        ),
        migrations.AddConstraint(
            model_name='pagetext',
            constraint=staff.drafts.models.UniqueLive(fields=('key',), name='pagetext_key'),
        ),
        migrations.AddConstraint(
            model_name='pagetext',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(models.Q(('text_sq', ''), _negated=True), models.Q(('text_en', ''), _negated=True)), _connector='OR'), name='page_text_in_both_languages'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_sq'], name='page_search_sq'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_en'], name='page_search_en'),
        ),
        migrations.AddConstraint(
            model_name='page',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(models.Q(('title_sq', ''), _negated=True), models.Q(('title_en', ''), _negated=True), models.Q(('lead_sq', ''), _negated=True), models.Q(('lead_en', ''), _negated=True), models.Q(('body_sq', ''), _negated=True), models.Q(('body_en', ''), _negated=True)), _connector='OR'), name='page_published_in_both_languages', violation_error_message='It can be published once both languages are filled in.'),
        ),
        migrations.AddConstraint(
            model_name='page',
            constraint=staff.drafts.models.UniqueLive(fields=('slug_sq',), name='page_slug_sq'),
        ),
        migrations.AddConstraint(
            model_name='page',
            constraint=staff.drafts.models.UniqueLive(fields=('slug_en',), name='page_slug_en'),
        ),
        migrations.AddConstraint(
            model_name='page',
            constraint=staff.drafts.models.UniqueLive(fields=('key',), name='page_key'),
        ),
        migrations.AddConstraint(
            model_name='page',
            constraint=staff.drafts.models.UniqueLive(fields=('sector',), name='page_sector'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_sq'], name='article_search_sq'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_en'], name='article_search_en'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(models.Q(('title_sq', ''), _negated=True), models.Q(('title_en', ''), _negated=True), models.Q(('lead_sq', ''), _negated=True), models.Q(('lead_en', ''), _negated=True), models.Q(('body_sq', ''), _negated=True), models.Q(('body_en', ''), _negated=True)), _connector='OR'), name='article_published_in_both_languages', violation_error_message='It can be published once both languages are filled in.'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=staff.drafts.models.UniqueLive(fields=('slug_sq',), name='article_slug_sq'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=staff.drafts.models.UniqueLive(fields=('slug_en',), name='article_slug_en'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), ('date__isnull', False), _connector='OR'), name='article_has_a_date'),
        ),
        migrations.AddConstraint(
            model_name='pictureconsent',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('agreed_on')), ('ends_on__lte', django.db.models.expressions.CombinedExpression(models.F('agreed_on'), '+', models.Value(datetime.timedelta(days=731))))), name='picture_consent_ends', violation_error_message='The last day must be at most two years after the day of the consent.'),
        ),
        migrations.AddConstraint(
            model_name='protectionunit',
            constraint=models.CheckConstraint(condition=models.Q(('verified_on', None), models.Q(('phone', ''), _negated=True), models.Q(('email', ''), _negated=True), models.Q(('address', ''), _negated=True), _connector='OR'), name='unit_verified_has_contact', violation_error_message='Enter a phone number, an email or an address before you tick that it is checked.'),
        ),
        migrations.AddConstraint(
            model_name='protectionunit',
            constraint=models.CheckConstraint(condition=models.Q(('verified_by', None), ('verified_on__isnull', False), _connector='OR'), name='unit_verified_by_with_date'),
        ),
        migrations.AddConstraint(
            model_name='protectionunit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hours_en', ''), ('hours_sq', '')), models.Q(models.Q(('hours_sq', ''), _negated=True), models.Q(('hours_en', ''), _negated=True)), _connector='OR'), name='unit_hours_in_both_languages', violation_error_message='Write this in both languages, or leave both empty.'),
        ),
        migrations.AddConstraint(
            model_name='sitesettings',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='site_settings_are_one_row'),
        ),
        migrations.AddConstraint(
            model_name='sitesettings',
            constraint=models.CheckConstraint(condition=models.Q(('exit_url__startswith', 'https://')), name='site_settings_exit_is_https'),
        ),
        migrations.AddConstraint(
            model_name='sitesettings',
            constraint=models.CheckConstraint(condition=models.Q(('data_contact__regex', '^$|^https://\\S+$|^[^\\s@:/]+@[^\\s@:/]+$'), ('press_contact__regex', '^$|^https://\\S+$|^[^\\s@:/]+@[^\\s@:/]+$'), ('security_contact__regex', '^$|^https://\\S+$|^[^\\s@:/]+@[^\\s@:/]+$')), name='site_settings_contacts_are_addresses'),
        ),
        migrations.AddConstraint(
            model_name='sitesettings',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('banner_en', ''), ('banner_sq', ''), ('banner_url_en', ''), ('banner_url_sq', '')), models.Q(models.Q(('banner_sq', ''), _negated=True), models.Q(('banner_en', ''), _negated=True)), _connector='OR'), name='site_settings_banner_in_both_languages', violation_error_message='Write the sentence of the banner in both languages.'),
        ),
        migrations.AddConstraint(
            model_name='sitesettings',
            constraint=models.CheckConstraint(condition=models.Q(('banner_from', None), ('banner_until', None), ('banner_until__gt', models.F('banner_from')), _connector='OR'), name='site_settings_banner_ends_after_it_begins', violation_error_message='The banner ends before it begins. Choose a later end.'),
        ),
        migrations.AddConstraint(
            model_name='sitesettings',
            constraint=models.CheckConstraint(condition=models.Q(('banner_url_en__regex', '^$|^/([^/\\s]\\S*)?$|^https://\\S+$'), ('banner_url_sq__regex', '^$|^/([^/\\s]\\S*)?$|^https://\\S+$')), name='site_settings_banner_leads_here_or_to_https', violation_error_message='Enter a page of this site, such as /en/events/, or an https:// address.'),
        ),
        migrations.AddConstraint(
            model_name='sociallink',
            constraint=models.UniqueConstraint(fields=('settings', 'network'), name='social_link_one_of_each_network', violation_error_message='This network is already in the list.'),
        ),
        migrations.AddConstraint(
            model_name='sociallink',
            constraint=models.CheckConstraint(condition=models.Q(('url__startswith', 'https://')), name='social_link_is_https', violation_error_message='The address must begin with https://.'),
        ),
        migrations.AddConstraint(
            model_name='statistic',
            constraint=staff.drafts.models.UniqueLive(fields=('key',), name='statistic_key'),
        ),
        migrations.AddConstraint(
            model_name='statistic',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(models.Q(('source_sq', ''), _negated=True), models.Q(('source_en', ''), _negated=True), ('year__gt', 1990)), _connector='OR'), name='statistic_has_a_source'),
        ),
        migrations.AddConstraint(
            model_name='voice',
            constraint=staff.drafts.models.UniqueLive(fields=('key',), name='voice_key'),
        ),
        migrations.AddConstraint(
            model_name='voice',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), ('date__isnull', False), _connector='OR'), name='voice_has_a_date'),
        ),
        migrations.AddConstraint(
            model_name='voice',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), models.Q(('agreed_on', None), ('ends_on', None), ('how', ''), ('kind', 'public'), ('owner', None), ('scope', ''), models.Q(('source', ''), _negated=True)), models.Q(('agreed_on__isnull', False), ('ends_on__isnull', False), ('is_adult', True), ('is_no_story', True), ('kind', 'given'), models.Q(('how', ''), _negated=True), models.Q(('scope', ''), _negated=True)), _connector='OR'), name='voice_has_a_source_or_a_consent', violation_error_message='A voice from a public source needs its source, and one given to us needs its consent.'),
        ),
        migrations.AddConstraint(
            model_name='voice',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', False), ('ends_on', None), models.Q(('ends_on__gt', models.F('agreed_on')), ('ends_on__lte', django.db.models.expressions.CombinedExpression(models.F('agreed_on'), '+', models.Value(datetime.timedelta(days=731))))), _connector='OR'), name='voice_consent_ends', violation_error_message='The last day must be at most two years after the day of the consent.'),
        ),
    ] + run(
        "watched", "demands", "follows", "sector_pages", "voices",
    )
