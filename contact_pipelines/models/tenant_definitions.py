"""A tenant's lists, segments, topics and properties: immutable, validated, stored as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from contact_pipelines.models.words import PROPERTY_KEY, GroupKind, Subscription, plain_name
from contact_pipelines.property_types import PropertyType


class GroupDefinition(BaseModel):
    """A list, a segment (static, or dynamic with a filter) or a topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: GroupKind
    name: str
    description: str = Field("", max_length=1000)
    default_subscription: Subscription | None = Field(
        None, description="A topic's: opt_in attaches it to every new contact"
    )
    filter: str | None = Field(None, description="A dynamic segment's: the filter expression that says who is in it")

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return plain_name(value)

    @model_validator(mode="after")
    def _topics_have_a_default(self) -> GroupDefinition:
        if (self.kind is GroupKind.TOPIC) is (self.default_subscription is None):
            raise ValueError("a topic has a default subscription, lists and segments have none")
        return self

    @model_validator(mode="after")
    def _segments_have_filters(self) -> GroupDefinition:
        if self.filter is not None and self.kind is not GroupKind.SEGMENT:
            raise ValueError("only a segment can have a filter")
        return self


class PropertyDefinition(BaseModel):
    """A tenant's custom field and the rules for its values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    type: PropertyType = PropertyType.TEXT
    label: str = ""
    min: float | None = None
    max: float | None = None
    pattern: str | None = None
    options: tuple[str, ...] = ()
    required: bool = Field(default=False, description="New contacts need a value, and an import cannot erase it")

    @field_validator("key")
    @classmethod
    def _key(cls, value: str) -> str:
        if not PROPERTY_KEY.fullmatch(value):
            raise ValueError("a property key is 1 to 50 of a-z, 0-9 and _")
        return value
