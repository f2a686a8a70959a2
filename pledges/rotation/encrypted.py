"""The models with ciphertexts, for what looks at all of them: the rotation of keys, their check at the start, and the alarm.

They are those with columns named *_cipher, bound to their rows by `associated_data`.
"""

from django.apps import apps

from pledges.cases.models import Case


def associated_data_of(row, text):
    """The associated data of the ciphertext of this text of a row."""
    return row.associated_data(text) if callable(row.associated_data) else row.associated_data


def _texts(model):
    return [field.name.removesuffix("_cipher") for field in model._meta.fields if field.name.endswith("_cipher")]


# {model: names of its encrypted texts}; the column of "name" is `name_cipher`.
ENCRYPTED_TEXTS = {model: texts for model in apps.get_models() if not model._meta.proxy and (texts := _texts(model))}
# {first part of the associated data: model}
ENCRYPTED_MODELS = {
    associated_data_of(model(), texts[0]).partition(".")[0]: model for model, texts in ENCRYPTED_TEXTS.items()
}
# The models of pledges/cases/models.py.
CONTACTS = tuple(model for model in ENCRYPTED_TEXTS if issubclass(model, Case))
