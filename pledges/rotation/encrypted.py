"""The models with ciphertexts, for what looks at all of them: the rotation of keys, their check at the start, and the alarm.

They are those with columns named *_cipher, bound to their rows by `associated_data`.
"""

from django.apps import apps

from pledges.cases.models import Case


def _texts(model):
    return [field.name.removesuffix("_cipher") for field in model._meta.fields if field.name.endswith("_cipher")]


# {model: names of its encrypted texts}; the column of "name" is `name_cipher`.
ENCRYPTED_TEXTS = {model: texts for model in apps.get_models() if not model._meta.proxy and (texts := _texts(model))}
# {first part of the associated data: model}
ENCRYPTED_MODELS = {model.TABLE: model for model in ENCRYPTED_TEXTS}
# The models of pledges/cases/models.py.
CONTACTS = tuple(model for model in ENCRYPTED_TEXTS if issubclass(model, Case))
