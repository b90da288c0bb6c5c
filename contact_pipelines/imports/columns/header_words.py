"""Words that stand around a field's name in a header: whose it is, which of several, what kind.

A header names a field only if every word of it is accounted for: "Attendee's work email" is `email` and
two words known here; "Manager email" is not, since `manager` is not among them. What is not listed is
never mapped.
"""

# ruff: noqa: RUF001 - letters of many alphabets look like those of others
from __future__ import annotations

from dataclasses import dataclass

from contact_pipelines.imports.columns.headers import phrase_set, word_set
from contact_pipelines.imports.columns.people_words import PERSON

PARTICLES = word_set(
    """a an the of your my our s is what whats please enter provide in here and or de del della dell delle
    dello degli dei di du des d l le la les il lo el los las do da dos das o as der die dem den ihr ihre
    ihren dein deine bitte von und votre vos su sus tu tuo tua suo sua seu uw je van het een en y e i og och
    ditt din deg vas vase twoj twoja pani pana podaj ваш ваша ваше का की के es cual qual quel quelle quels
    est lautet jouw jou mijn jaki jaka jest twoje какой какая какое твой укажите введите напишите"""
)
"""Words without a meaning of their own. Left out only if the header is not a field's name with them."""

LISTING = word_set("and or und oder et ou y o e and en i och og и")
"""Particles that join two things: "name and company" is neither."""

NO_FIELDS = phrase_set(
    """email client, mail client, email clients, email user agent, phone user agent, street number, house number,
    country office, city office"""
)
"""Names of things that read as a field and a person, and are neither."""

BOOLEAN_STARTS = word_set("""is has are was can does do did wants want should ist hat est sono tiene""")
"""A header that begins so asks yes or no: "Is a company"."""


@dataclass(frozen=True)
class Qualifier:
    """Words that may stand beside the names of `fields`, and what is left of the confidence when they do."""

    name: str
    words: frozenset[str]
    fields: frozenset[str]
    factor: float


_NAMES = frozenset({"first_name", "last_name", "full_name", "name"})

_REACH = frozenset({"email", "phone"})

_PLACE = frozenset({"address", "city", "state", "country", "postal_code", "region_or_status"})

_DATES = frozenset({"created_at", "updated_at"})

_ABOUT = frozenset({"birthday", "language", "gender", "website", "job_title", "company", "lead_score", "tags", "title"})

_PERSONAL = _NAMES | _REACH | _PLACE | _ABOUT

QUALIFIERS: tuple[Qualifier, ...] = (
    Qualifier("person", PERSON, (_PERSONAL | _DATES) - {"region_or_status"}, 0.93),
    Qualifier("first of several", word_set(
        """1 01 primary main principal default haupt hauptsaechliche principale hoofd primaire primario glowny
    основной standard"""
    ), _PERSONAL, 0.98),
    Qualifier("second of several", word_set(
        """2 3 4 5 6 02 03 alternate alternative secondary second third additional backup zweite zweites weitere
    andere altra secondaire segundo secundario secondario tweede alternativ dodatkowy druga other otro otra
    autre altro outro annen annan inny jiny drugi другой дополнительный alternativo alternativa alternatif
    vara reserve zusaetzliche zusätzliche 备用 予備 다른"""
    ), _REACH, 0.5),
    Qualifier("its value", word_set(
        """value field column wert valor valeur valore waarde wartosc hodnota varde vaerdi arvo ertek deger
    значение 値 值 값"""
    ), _PERSONAL | _DATES, 0.98),
    Qualifier("at work", word_set(
        """work business office professional corporate job beruflich beruflicher geschaeftlich geschäftlich
    dienstlich buero büro arbeit travail bureau professionnel pro trabajo oficina laboral lavoro ufficio
    aziendale trabalho comercial escritorio werk zakelijk zakelijke praca sluzbowy jobb arbejde arbete
    рабочий раб рабочая uff gesch geschaeftl geschäftl dienstl werkadres 会社 勤務先 单位 公司 직장"""
    ), _REACH | _PLACE, 0.9),
    Qualifier("at home", word_set(
        """home private privat prive personnel personnelle domicile personal particular casa privato personale
    pessoal residencial thuis prywatny domowy hem hjem домашний личный личная дом ab huisadres 自宅 家庭
    자택"""
    ), _REACH | _PLACE, 0.72),
    Qualifier("its line", word_set("direct desk daytime day evening mobile cell landline fixed hq"),
              frozenset({"phone"}), 0.9),
    Qualifier("preferred", word_set(
        """preferred best bevorzugte preferee preferido preferita current physical notice notification notifications"""
    ),
              _REACH | _PLACE, 0.92),
    Qualifier("now", word_set("current present actual aktuell actuel actuelle attuale huidig aktualny"),
              frozenset({"company", "job_title"}) | _PLACE | _NAMES, 0.95),
    Qualifier("its record", word_set("account profile record konto profil compte cuenta conto"), _DATES, 0.9),
    Qualifier("its zone", word_set("utc gmt 0 est cet pst local"), _DATES, 0.97),
    Qualifier("where post goes", word_set(
        """mailing mail address addr postal residential residence correspondence location permanent adresse
    indirizzo direccion endereco adres адрес адреса"""
    ), _PLACE | {"company"}, 0.88),
    Qualifier("for bills", word_set(
        """billing invoice rechnung facturation facturacion fatturazione"""
    ),
              _NAMES | _REACH | _PLACE | {"company"}, 0.7),
    Qualifier("for parcels", word_set("shipping delivery lieferung livraison envio spedizione"), _PLACE, 0.65),
    Qualifier("by law", word_set("legal official"), _NAMES, 0.85),
)  # fmt: skip

PLACE_LEVELS = word_set("state province region county territory prefecture republic district department canton or and")
"""Names of one level of places. A header that lists only these is a state: "State/Province/Region"."""
