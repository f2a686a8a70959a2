"""Drafts of news about milestones."""

from datetime import date

import pytest
from django.contrib.messages import get_messages

from campaign.models import Article
from campaign.news.drafts import create_draft
from pledges.models import Milestone
from tests.factories import make_staff, sign_in
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db

LIST = "/admin/pledges/milestone/"


def make_milestone(people=1000):
    return Milestone.objects.create(people=people, reached_on=date(2026, 3, 1))


def test_a_draft_is_complete_in_both_languages_and_not_public(client):
    article = create_draft(make_milestone())
    assert (article.title_en, article.draft.state, article.date) == ("We are 1,000", "draft", date(2026, 3, 1))
    for language in LANGUAGES:
        for part in ("title", "lead", "body", "slug"):
            assert getattr(article, f"{part}_{language}")
    assert "/sq/zotimi/" in article.body_sq and "/en/pledge/" in article.body_en
    assert client.get(f"/en/news/{article.slug_en}/").status_code == 404
    article.full_clean()
    article.publish(article.draft)
    assert client.get(f"/en/news/{article.slug_en}/").status_code == 200


def test_a_draft_is_created_once_even_if_deleted():
    milestone = make_milestone()
    article = create_draft(milestone)
    assert create_draft(milestone) is None and Article.objects.everything().filter(pk=article.pk).exists()
    article.delete()
    assert create_draft(milestone) is None and not Article.objects.filter(pk=article.pk).exists()


def test_a_draft_does_not_take_the_slug_of_another_article():
    first = create_draft(make_milestone())
    Milestone.objects.all().delete()
    Article.objects.everything().filter(pk=first.pk).update(title_en="Other")
    for language in LANGUAGES:
        assert getattr(first, f"slug_{language}")
    second_milestone = make_milestone(people=100)
    Article.objects.everything().filter(pk=first.pk).update(
        slug_en="milestone-people-100", slug_sq=first.slug_sq.replace("1000", "100")
    )
    second = create_draft(second_milestone)
    assert second.slug_en == "milestone-people-100-2" and second.slug_sq.endswith("-2")


def action_on(*milestones):
    return {"action": "write_news", "_selected_action": [milestone.pk for milestone in milestones], "sure": "yes"}


def test_an_action_in_the_list_creates_the_draft(client):
    sign_in(client, make_staff("view_milestone", "add_article", "view_article", "change_article"))
    milestone = make_milestone()
    assert "1,000" in client.get(LIST, headers={"Accept-Language": "en"}).text
    response = client.post(LIST, action_on(milestone), headers={"Accept-Language": "en"})
    article = Article.objects.everything().get(title_en="We are 1,000")
    [said] = get_messages(response.wsgi_request)
    assert f"/admin/campaign/article/{article.pk}/change/" in said.message
    response = client.post(LIST, action_on(milestone), headers={"Accept-Language": "en"})
    assert "already a draft" in [*get_messages(response.wsgi_request)][-1].message
    assert Article.objects.everything().filter(title_en="We are 1,000").count() == 1


def test_the_action_requires_permission_and_milestones_are_read_only(client):
    sign_in(client, make_staff("view_milestone"))
    milestone, articles = make_milestone(), Article.objects.count()
    assert "write_news" not in client.get(LIST).text
    client.post(LIST, action_on(milestone))
    assert Article.objects.count() == articles
    sign_in(client, make_staff(superuser=True))
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{milestone.pk}/change/", {"people": "5"}).status_code == 403
    assert client.post(f"{LIST}{milestone.pk}/delete/", {"post": "yes"}).status_code == 403
