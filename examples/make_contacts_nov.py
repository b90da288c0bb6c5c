"""Make `contacts_nov.csv`: 5,000 rows like a CRM's export, the same bytes at every run.

    python examples/make_contacts_nov.py [FILE]

Imported into an empty store it gives: total 5000, created 4905, skipped 82 (an address that an earlier row
has), failed 13 (an address that is none). Nobody is real: every domain is one of those set aside for examples
(RFC 2606), and the phone numbers lie in the ranges that their countries set aside for films and books.
"""  # noqa: INP001 - a folder of scripts and files, not a package

from __future__ import annotations

import csv
import datetime as dt
import random
import re
import sys
import unicodedata
from pathlib import Path

ROWS = 5_000
DUPLICATES = 82
SEED = 2024_11

HEADER = (
    "email",
    "first_name",
    "last_name",
    "company",
    "phone",
    "tags",
    "custom_field_industry",
    "annual_revenue",
    "signup_date",
)

JOHN = (
    "john@example.com",
    "John",
    "Smith",
    "Acme",
    "+1 415-555-2671",
    "customer|newsletter",
    "Manufacturing",
    "1250000",
    "2024-03-18",
)

# What people and programs really write into an address column.
INVALID = (
    ("maria.lopez.example.com", "Maria", "Lopez"),  # no @
    ("james wilson@example.com", "James", "Wilson"),  # a space
    ("anna..berg@example.org", "Anna", "Berg"),  # two dots in the name
    ("peter.novak@example.com,", "Peter", "Novák"),  # a comma left over from a list
    ("li.wei@examplecom", "Li", "Wei"),  # no dot before the top-level domain
    ("sofia.rossi@", "Sofía", "Rossi"),  # nothing after the @
    ("@example.net", "Noah", "Bennett"),  # nothing before it
    ("tom.baker@@example.com", "Tom", "Baker"),  # two of them
    ("hannah.weber@example_corp.com", "Hannah", "Weber"),  # an underscore in the domain
    ("karen.jones@example..com", "Karen", "Jones"),  # two dots in the domain
    (".oscar.diaz@example.com", "Oscar", "Díaz"),  # begins with a dot
    ("emma.clark@example.com; e.clark@example.net", "Emma", "Clark"),  # two addresses in one cell
    ("lucas.meyer@example,com", "Lucas", "Meyer"),  # a comma for a dot
)


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


FIRST_NAMES = words("""
Aaron Abigail Adam Aisha Alan Alice Amara Amelia Andrea Andrew Ángel Anna Anthony Arjun Astrid Beatriz
Benjamin Björn Brian Camille Carlos Caroline Chloé Christopher Clara Daniel David Deepa Diana Diego Dmitri
Dorothy Eleanor Elena Élodie Emily Emma Eric Esther Fatima Felix Fernando François Freya Gabriel George
Grace Günther Hannah Harper Hassan Helen Henry Hiroshi Hugo Ian Ingrid Isabella Jack Jacob James Jane
Javier Jean-Luc Jennifer Jin João Jonas José Joshua Julia Jürgen Karen Katarzyna Keisha Kenji Kevin Laura
Lena Leo Li Linda Lucía Lucas Łukasz Maria Mark Mary-Ann Matthew Mei Michael Michelle Miguel Mohammed
Nadia Naomi Natalie Nathan Nia Nicole Noah Nora Olga Oliver Olivia Omar Oscar Patricia Paul Pedro Peter
Priya Rachel Rafael Rania Rebecca René Richard Robert Rosa Ruth Ryan Samantha Samuel Sanjay Sara Sean
Siobhán Sofía Søren Stefan Stephanie Susan Tariq Theresa Thomas Tomás Uma Valentina Victor Victoria Wei
William Xavier Yara Yusuf Zoë Zofia
""")

LAST_NAMES = words("""
Adams Ahmed Allen Almeida Anderson Andersson Bailey Baker Barnes Bauer Bennett Bianchi Brooks Brown
Campbell Carter Castillo Chen Clark Cohen Cooper Costa Cruz D'Angelo Das Davies Delgado Díaz Dubois
Edwards Evans Fernández Fischer Fleming Foster Fournier García Gonzalez Gray Green Gupta Hall Hansen
Harris Hernández Hill Hoffmann Hughes Ibrahim Ivanov Jackson Jensen Johansson Johnson Jones Kapoor Kaya
Kelly Khan Kim King Kowalski Kumar Larsson Lefèvre Lee Lewis Lindqvist Lopez MacDonald Martin Martínez
McCarthy Mehta Meyer Miller Mitchell Moreau Morgan Müller Murphy Nakamura Nelson Nguyen Nielsen Novák
O'Brien O'Connor O'Neill Okafor Oliveira Olsen Owens Papadopoulos Park Patel Pereira Peterson Petrova
Phillips Popescu Reed Reyes Richardson Rivera Roberts Robinson Rodríguez Rossi Russo Sánchez Sato Schmidt
Schneider Schröder Scott Shah Sharma Silva Singh Smith Sørensen Sullivan Suzuki Tanaka Taylor Thompson
Torres Tremblay Turner Van-Dijk Vargas Vogel Walker Wang Ward Watson Weber Weiß White Williams Wilson
Wójcik Wright Yamamoto Yilmaz Young Zhang Zimmermann
""")

INDUSTRIES = (
    "Technology",
    "Healthcare",
    "Finance",
    "Manufacturing",
    "Retail",
    "Education",
    "Hospitality",
    "Real Estate",
    "Energy",
    "Media",
    "Food & Beverage",
    "Transport, Logistics",
)

NAMED_COMPANIES = (
    "Smith, Jones & Co",
    "O'Brien Logistics",
    'The "Big Sky" Outfitters',
    "Müller & Söhne GmbH",
    "Café Lumière SARL",
    "Baker, Reed & Partners, LLP",
    "Åkesson Möbler AB",
    "García Hermanos S.L.",
    "Acme",
)
COMPANY_WORDS = words("""
Northgate Bluewater Cedarline Brightfield Ironbridge Silverlake Redstone Oakhurst Clearpath Summitview
Harborlight Greyfox Larkspur Stonebrook Windmere Fairhaven Copperleaf Maplewood Sunridge Westmarch
""")
COMPANY_KINDS = ("Systems", "Group", "Labs", "Foods", "Health", "Capital", "Media", "Inc.")

TAGS = ("newsletter", "customer", "lead", "vip", "partner", "webinar-2024", "trial", "event: Berlin")

# Ranges for fiction, each with the ways in which people write them; `#` is a random digit.
PHONES = (
    *(f"+1 {area}-555-01##" for area in (212, 303, 312, 415, 512, 617)),
    *(f"+1 ({area}) 555-01##" for area in (206, 305, 404, 602, 713)),
    *(f"+1.{area}.555.01##" for area in (214, 503, 718)),
    *(f"+1{area}55501##" for area in (310, 702, 816)),
    "+44 20 7946 0###",
    "+44 (0)161 496 0###",
    "+441174960###",
    "+49 30 23125 ###",
    "+49 (0)69 90009-###",
    "+498999998###",
    "+33 1 99 00 ## ##",
    "+33.4.65.71.##.##",
    "+61 491 570 ###",
)

# Letters that Unicode does not take apart into a plain letter and an accent.
PLAIN_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "å": "a"})

Row = list[str]


def plain(text: str) -> str:
    """Return the text in lower case, with nothing but a-z, 0-9 and hyphens."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(PLAIN_LETTERS))
    return re.sub(r"[^a-z0-9-]", "", decomposed)


def companies() -> list[str]:
    """Return every company's name."""
    return [*NAMED_COMPANIES, *(f"{word} {kind}" for word in COMPANY_WORDS for kind in COMPANY_KINDS)]


def sometimes(rng: random.Random, chance: float, text: str) -> str:
    """Return the text, or nothing with the given chance: exports have empty cells."""
    return "" if rng.random() < chance else text


def new_email(rng: random.Random, first: str, last: str, company: str, taken: set[str]) -> str:
    """Return an address of this person that nobody has yet."""
    top = rng.choice(("com", "com", "org", "net"))
    domain = f"{plain(company)}.example.{top}" if company and rng.random() < 0.7 else f"example.{top}"  # noqa: PLR2004
    first, last = plain(first), plain(last)
    name = rng.choice((f"{first}.{last}", f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}", f"{first}+crm"))
    email, number = f"{name}@{domain}", 1
    while email in taken:
        number += 1
        email = f"{name}{number}@{domain}"
    taken.add(email)
    return email


def phone(rng: random.Random) -> str:
    """Return a phone number with its country code."""
    return re.sub("#", lambda _: str(rng.randrange(10)), rng.choice(PHONES))


def revenue(rng: random.Random) -> str:
    """Return a year's revenue: mostly round, as people type it, sometimes to the cent, as a ledger has it."""
    if rng.random() < 0.1:  # noqa: PLR2004
        return f"{rng.randrange(10_000_000, 900_000_000) / 100:.2f}"
    return str(rng.randrange(1, 1000) * rng.choice((1_000, 10_000, 50_000)))


def person(rng: random.Random, taken: set[str]) -> Row:
    """Return one contact with an address of its own."""
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    company = sometimes(rng, 0.08, rng.choice(companies()))
    email = new_email(rng, first, last, company, taken)
    tags = sorted({rng.choice(TAGS) for _ in range(rng.randrange(4))})
    signup = dt.date(2021, 1, 1) + dt.timedelta(days=rng.randrange(1_400))  # to 31 October 2024
    return [
        email.title() if rng.random() < 0.03 else email,  # noqa: PLR2004
        sometimes(rng, 0.03, first),
        sometimes(rng, 0.03, last),
        company,
        sometimes(rng, 0.15, phone(rng)),
        "|".join(tags),
        sometimes(rng, 0.1, rng.choice(INDUSTRIES)),
        sometimes(rng, 0.2, revenue(rng)),
        sometimes(rng, 0.02, signup.isoformat()),
    ]


def duplicate(rng: random.Random, row: Row) -> Row:
    """Return the row once more as a second system would have it: the address written a little differently."""
    email = row[0]
    written = rng.choice((email, email.lower(), email.upper(), f" {email}", f"{email} "))
    return [written, *row[1:4], sometimes(rng, 0.3, phone(rng)), *row[5:]]


def make_rows() -> list[Row]:
    """Return all rows of the file, without its header."""
    rng = random.Random(SEED)  # noqa: S311 - made-up people, not secrets
    taken = {JOHN[0]}
    people = [person(rng, taken) for _ in range(ROWS - DUPLICATES - len(INVALID) - 1)]
    rows: list[Row] = [list(JOHN), *people]
    for _ in range(DUPLICATES):
        # Not John, whom the documentation shows. A duplicate of a duplicate is one of the same address.
        original = rng.randrange(1, len(rows))
        rows.insert(rng.randrange(original + 1, len(rows) + 1), duplicate(rng, rows[original]))
    for email, first, last in INVALID:
        rows.insert(rng.randrange(1, len(rows) + 1), [email, first, last, *person(rng, taken)[3:]])
    return rows


def write(path: Path) -> None:
    """Write the file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(make_rows())


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("contacts_nov.csv"))
