"""Make a file of contacts of any length: `python -m benchmarks.generate --rows 1000000 --out contacts.csv`.

DuckDB makes the rows set-based and streams them to the file, so ten million need a minute and little memory.
A row is a function of its number and the seed alone: its dice are the MD5 of both, which no version of DuckDB
rolls differently. Of every hundred rows one repeats the address of an earlier row, one has an address that is
none, and one has a name that is not ASCII; `--changed` alters a share of the rows and leaves the rest alone.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import duckdb

HEADER = (
    "email",
    "first_name",
    "last_name",
    "company",
    "phone",
    "tags",
    "custom_field_industry",
    "custom_field_plan",
    "lead_score",
    "signup_date",
)


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


FIRST_NAMES = words("""
Aaron Abigail Adam Adele Aisha Alan Albert Alex Alice Alicia Allison Amanda Amber Amelia Amir Amy Andrea
Andrew Angela Anil Anita Ann Anna Anthony Arjun Arthur Ashley Audrey Barbara Beatrice Ben Benjamin Beth
Betty Bianca Bob Brandon Brenda Brian Bruce Bryan Camille Carl Carla Carlos Carmen Carol Caroline Catherine
Charles Charlotte Chen Chloe Chris Christina Claire Clara Colin Craig Cynthia Daniel David Dean Deborah
Deepa Dennis Diana Diego Donald Donna Doris Dorothy Douglas Dylan Edward Elena Eli Elisa Elizabeth Ella
Ellen Emily Emma Eric Erica Ethan Eva Evelyn Farah Fatima Felix Fiona Frances Frank Fred Gabriel Gary George
Gerald Gina Gloria Grace Greg Hannah Harold Harry Hassan Heather Helen Henry Hugo Ian Ines Irene Isaac
Isabel Ivan Jack Jacob James Jan Jane Janet Jason Jay Jean Jenna Jennifer Jerry Jessica Jin Joan Joe John
Jonas Jordan Joseph Joshua Joyce Juan Judith Julia Julie Justin Karen Karl Kate Keith Kelly Kenji Kevin Kim
Kyle Lars Laura Lauren Leah Lena Leo Lily Linda Lisa Logan Louis Lucas Lucy Luis Lydia Maria Marie Mark
Martha Martin Mary Mason Matt Maya Megan Mei Mia Michael Miguel Mike Mina Mohammed Nadia Nancy Naomi Natalie
Nathan Nick Nicole Nina Noah Nora Olga Oliver Olivia Omar Oscar Pamela Patricia Paul Peter Philip Priya
Rachel Rafael Raj Ralph Rania Rebecca Richard Rita Robert Roger Rosa Rose Roy Russell Ruth Ryan Sam Samantha
Samuel Sandra Sanjay Sara Scott Sean Sharon Simon Sofia Sonia Sophie Stefan Stella Stephen Steven Sunita
Susan Tara Teresa Thomas Tim Tina Todd Tom Tony Tyler Uma Vera Victor Vikram Vincent Virginia Wayne Wei
Wendy William Xavier Yara Yusuf Zoe
""")

LAST_NAMES = words("""
Abbott Acosta Adams Adkins Ahmed Aguilar Alexander Ali Allen Allison Alvarado Alvarez Anderson Andrews
Armstrong Arnold Ashton Atkins Austin Avery Bailey Baker Baldwin Ball Banerjee Barber Barker Barnes Barnett
Barrett Barton Bates Bauer Beck Becker Bell Bennett Benson Berg Bernard Berry Bhatt Bianchi Bishop Black
Blair Blake Bowen Bowman Boyd Bradley Brady Braun Brennan Brewer Briggs Brooks Brown Bruce Bryant Buchanan
Burgess Burke Burns Burton Bush Butler Byrne Caldwell Cameron Campbell Cannon Carlson Carpenter Carr Carroll
Carter Casey Castillo Castro Chan Chandler Chapman Chavez Chen Clark Clarke Clayton Cohen Cole Coleman
Collins Colombo Conner Conway Cook Cooper Costa Cox Craig Crawford Cruz Cunningham Curtis Dalton Daniels Das
David Davidson Davies Davis Dawson Day Dean Delgado Desai Diaz Dixon Doyle Drake Dubois Duncan Dunn Duran
Durand Eaton Edwards Elliott Ellis Erickson Espinoza Estrada Evans Farrell Ferguson Fernandez Ferrari Fields
Fischer Fisher Fitzgerald Fleming Fletcher Flores Flynn Ford Foster Fournier Fowler Fox Francis Franklin
Fraser Freeman Frost Fuller Gallagher Garcia Gardner Garner Garrett Garza Gibbs Gibson Gilbert Gill Girard
Glover Gomez Gonzales Goodman Goodwin Gordon Graham Grant Graves Gray Green Greene Griffin Gross Guerrero
Gupta Guzman Haas Hale Hall Hamilton Hansen Hanson Hardy Harmon Harper Harris Harrison Hart Hartmann Harvey
Hayes Haynes Henderson Henry Hernandez Herrera Hicks Higgins Hill Hines Hoffmann Hogan Holland Holmes Holt
Hopkins Horn Horton Houston Howard Howell Hubbard Hudson Huff Hughes Hunt Hunter Ibrahim Ingram Iyer Jackson
Jacobs James Jenkins Jennings Jensen Johnson Johnston Jones Jordan Joseph Joshi Kaiser Kapoor Kaufman Keller
Kelley Kelly Kennedy Khan Kim King Klein Knight Koch Kowalski Kruger Kumar Lambert Lane Lang Larson Laurent
Lawrence Lawson Lee Lehmann Leonard Leroy Lewis Lindsey Little Lloyd Logan Long Lopez Love Lowe Lucas Lynch
Lyons Mack Maier Malone Mann Manning Marsh Marshall Martin Martinez Mason Matthews Maxwell May McBride
McCarthy McCoy McDonald McGee McKenzie Medina Mehta Mendez Mendoza Mercier Meyer Miles Miller Mills Mishra
Mitchell Molina Montgomery Moore Morales Moran Moreau Moreno Morgan Morris Morrison Morton Moss Mueller
Mullins Munoz Murphy Murray Myers Nair Nakamura Nash Neal Nelson Newman Newton Nguyen Nichols Nielsen Norman
Norris Norton Obrien Oliver Olson Ortega Ortiz Owen Owens Page Palmer Park Parker Parks Parsons Patel
Patterson Payne Pearson Pena Perez Perkins Perry Peters Peterson Phillips Pierce Porter Potter Powell Powers
Price Quinn Ramirez Ramos Rao Ray Reddy Reed Reese Reeves Reid Reyes Reynolds Rhodes Rice Richards Richter
Riley Rios Rivera Roberts Robinson Rodgers Rogers Romero Ross Rossi Roth Rowe Roy Ruiz Russell Russo Ryan
Salazar Sanders Santos Sato Saunders Schmidt Schneider Schulz Schwartz Scott Shah Sharma Shaw Shelton
Sherman Silva Simmons Singh Smith Snyder Soto Sparks Spencer Stanley Stevens Stewart Stone Sullivan Sutton
Suzuki Swanson Tanaka Tate Taylor Thomas Thompson Torres Turner Tyler Underwood Valdez Vargas Vasquez Vaughn
Vega Verma Vogel Wade Wagner Walker Wallace Walsh Walters Wang Ward Warren Washington Watkins Watson Watts
Weaver Webb Weber Weiss Welch Wells West Wheeler White Williams Wilson Winter Wolf Wong Wood Wright Yang
Yates Young Zhang Ziegler Zimmer
""")

FOREIGN_FIRST_NAMES = words("""
André Ángel Björn Chloé Élodie François Günther Hélène Íñigo João José Jürgen Lucía Märta Mónica Núria Özlem
René Sébastien Sofía Tomás Zoë
""")
FOREIGN_LAST_NAMES = words("""
Ångström Björk Böhm Čapek Díaz Fernández García Gómez Guimarães Hernández Jiménez Kovač Lefèvre Martínez
Müller Muñoz Novák Núñez Pérez Rodríguez Sánchez Schäfer Schröder Åkesson Über
""")

_COMPANY_WORDS = words("""
Acorn Alpine Amber Apex Arrow Atlas Aurora Beacon Birch Bluff Bolt Bright Canyon Cedar Cobalt Coral Crest
Delta Dune Eagle Echo Ember Falcon Fern Fjord Flint Forge Garnet Glacier Grove Harbor Hazel Helix Iris
Juniper Karst Kestrel Lark Lotus Lumen Maple Mesa Nimbus North Oak Onyx Orchid Pine Quartz Raven Ridge River
Sable Sage Sierra Slate Summit Tidal Vale Willow
""")
_COMPANY_KINDS = ("Labs", "Systems", "Group", "Foods", "Media", "Capital", "Care", "LLC")
COMPANIES = [
    *(f"{word} {kind}" for kind in _COMPANY_KINDS for word in _COMPANY_WORDS),
    *(f"{word}, {other} & Co" for word, other in zip(_COMPANY_WORDS, LAST_NAMES, strict=False)),
    'The "Big" Store',
]

DOMAINS = ["example.com", "example.org", "example.net"]
TAGS = [
    *[""] * 5,
    *words("lead vip trial customer newsletter lead|vip customer|vip newsletter|trial lead|webinar"),
]
INDUSTRIES = ["", *words("Retail Energy Media Finance Health Travel Software Education"), "Real Estate"]
PLANS = words("free free pro team")
AREA_CODES = words("""
206 212 213 214 216 303 305 310 312 313 404 412 415 469 480 503 512 602 612 614 615 617 702 713 718 720 801
816 919
""")

# A row's number `i` becomes a slot from 0 to 99, once each in every block of a hundred rows, at a place that
# differs from block to block. Slot 0 is a duplicate, 1 a bad address, 2 a name that is not ASCII. In the
# first block the duplicate comes last, so that there is an earlier row to repeat. `p` is the row's person:
# the row's own number, or for a duplicate that of an ordinary row (slots 3 to 99) of an earlier block.
_PEOPLE = """
CREATE TEMP MACRO dice(n, purpose) AS md5_number_lower(concat(n, purpose, getvariable('seed')));
CREATE TEMP MACRO pick(list, die) AS list[1 + (die % len(list))::INTEGER];
CREATE TEMP MACRO shift(block) AS CASE WHEN block = 0 THEN 1 ELSE (dice(block, 'block') % 100)::BIGINT END;
CREATE TEMP MACRO row_of(block, slot) AS block * 100 + (slot - shift(block) + 100) % 100;
CREATE TEMP MACRO earlier(i, die) AS
    row_of(CASE WHEN i < 100 THEN 0 ELSE (die % (i // 100)::UBIGINT)::BIGINT END,
           3 + ((die >> 40) % 97)::BIGINT);
CREATE TEMP MACRO millionths(n) AS n * getvariable('changed') // 1000000;
CREATE TEMP VIEW slots AS
    SELECT range AS i, (range % 100 + shift(range // 100)) % 100 AS slot,
           dice(range, 'row') AS r, dice(range, 'phone') AS t,
           millionths(range + 1) > millionths(range) AS changed
    FROM range(getvariable('rows'));
CREATE TEMP VIEW people AS
    SELECT *, dice(p, 'person') AS d
    FROM (SELECT *, CASE WHEN slot = 0 THEN earlier(i, dice(i, 'earlier')) ELSE i END AS p FROM slots);
"""

# Each die has 64 bits, and every column reads others of them, so that no two columns go together.
_NAMES = """
CREATE TEMP VIEW named AS
    SELECT *,
           CASE slot WHEN 2 THEN pick(getvariable('foreign_first_names'), d)
                     ELSE pick(getvariable('first_names'), d) END AS first_name,
           CASE slot WHEN 2 THEN pick(getvariable('foreign_last_names'), d >> 16)
                     ELSE pick(getvariable('last_names'), d >> 16) END AS last_name,
           CASE slot WHEN 2 THEN strip_accents(first_name) ELSE first_name END AS plain_first,
           CASE slot WHEN 2 THEN strip_accents(last_name) ELSE last_name END AS plain_last,
           -- The person's number makes the address unique: no name has digits, so they cannot run together.
           lower(concat(CASE (d >> 32) % 2 WHEN 0 THEN plain_first || '.' ELSE plain_first[1] END,
                        plain_last, p)) AS local,
           pick(getvariable('domains'), d >> 40) AS domain,
           -- Digits of telephone numbers, and an American exchange, which does not begin with 0 or 1.
           lpad((t % 1000000000)::VARCHAR, 9, '0') AS n,
           concat(2 + (t >> 32) % 8, n[1:2]) AS exchange,
           pick(getvariable('area_codes'), t >> 40) AS area
    FROM people;
"""

_PHONE = """
    CASE WHEN t % 10 <> 9 THEN CASE (t >> 8) % 20
             WHEN 0 THEN concat('+49 30 ', n[1:8])
             WHEN 1 THEN concat('+49 (0)151/', n[1:8])
             WHEN 2 THEN concat('+49', '151', n[1:8])
             WHEN 3 THEN concat('+44 20 7', n[1:3], ' ', n[4:7])
             WHEN 4 THEN concat('+44 74', n[1:2], ' ', n[3:8])
             WHEN 5 THEN concat('+33 1 4', n[1], ' ', n[2:3], ' ', n[4:5], ' ', n[6:7])
             WHEN 6 THEN concat('+33.6.1', n[1], '.', n[2:3], '.', n[4:5], '.', n[6:7])
             WHEN 7 THEN concat('+91 98', n[1:3], ' ', n[4:8])
             WHEN 8 THEN concat('+91-99', n[1:8])
             WHEN 9 THEN concat('+1 (', area, ') ', exchange, '-', n[4:7])
             WHEN 10 THEN concat('+1.', area, '.', exchange, '.', n[4:7])
             WHEN 11 THEN concat('+1 ', area, ' ', exchange, ' ', n[4:7])
             WHEN 12 THEN concat('+1', area, exchange, n[4:7])
             ELSE concat('+1 ', area, '-', exchange, '-', n[4:7]) END END"""

_EMAIL = """
    CASE slot
        WHEN 0 THEN CASE r % 8 WHEN 0 THEN upper(concat(local, '@', domain))
                               WHEN 1 THEN concat(' ', local, '@', domain)
                               ELSE concat(local, '@', domain) END
        WHEN 1 THEN CASE r % 7 WHEN 0 THEN concat(local, '.', domain)
                               WHEN 1 THEN concat(local, '@@', domain)
                               WHEN 2 THEN concat(local, '@', domain, ',')
                               WHEN 3 THEN concat(local, ' @', domain)
                               WHEN 4 THEN concat(local, '@', replace(domain, '.', ''))
                               WHEN 5 THEN concat('x..', local, '@', domain)
                               ELSE concat(local, '@') END
        ELSE concat(local, '@', domain) END"""

# A change goes on in the list of companies, or in the scores, by less than a whole turn: never to the same.
# A row that had no company gets one.
_COMPANY = """
    CASE WHEN changed AND r % 3 <> 1
         THEN pick(getvariable('companies'),
                   (r >> 10) % len(getvariable('companies'))
                   + 1 + (r >> 32) % (len(getvariable('companies')) - 1))
         WHEN (r >> 24) % 20 > 0 THEN pick(getvariable('companies'), r >> 10) END"""
_SCORE = """
    ((r >> 20) % 101 + CASE WHEN changed AND r % 3 <> 0 THEN 1 + (t >> 16) % 100 ELSE 0 END) % 101"""

_CONTACTS = f"""
SELECT {_EMAIL} AS email,
    first_name,
    last_name,
    {_COMPANY} AS company,
    {_PHONE} AS phone,
    nullif(pick(getvariable('tags'), r >> 28), '') AS tags,
    nullif(pick(getvariable('industries'), r >> 36), '') AS custom_field_industry,
    pick(getvariable('plans'), r >> 44) AS custom_field_plan,
    {_SCORE} AS lead_score,
    DATE '2015-01-01' + ((r >> 48) % 3650)::INTEGER AS signup_date
FROM named
"""

_LISTS = {
    "first_names": FIRST_NAMES,
    "last_names": LAST_NAMES,
    "foreign_first_names": FOREIGN_FIRST_NAMES,
    "foreign_last_names": FOREIGN_LAST_NAMES,
    "companies": COMPANIES,
    "domains": DOMAINS,
    "tags": TAGS,
    "industries": INDUSTRIES,
    "plans": PLANS,
    "area_codes": AREA_CODES,
}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def generate(path: Path, rows: int, *, changed: float = 0.0, seed: int = 1) -> None:
    """Write a file of contacts.

    The same seed makes the same rows, and a longer file begins with the shorter one. `changed` is the share
    of rows, evenly spread, whose company, lead score or both differ from those of the file without it.
    """
    if rows < 0 or not 0 <= changed <= 1:
        raise ValueError("rows is 0 or more, and changed a share between 0 and 1")
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        connection.execute("SET enable_progress_bar = false")
        for name, values in _LISTS.items():
            connection.execute(f"SET VARIABLE {name} = [{', '.join(map(_quoted, values))}]")
        connection.execute(f"SET VARIABLE rows = {rows}::BIGINT")
        connection.execute(f"SET VARIABLE seed = {_quoted(str(seed))}")
        connection.execute(f"SET VARIABLE changed = {round(changed * 1_000_000)}::BIGINT")  # of a million
        connection.execute(_PEOPLE)
        connection.execute(_NAMES)
        connection.execute(f"COPY ({_CONTACTS}) TO {_quoted(str(path))} (FORMAT csv, HEADER)")


def main() -> None:
    """Make a file as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description="Make a file of contacts.")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--changed", type=float, default=0.0, help="share of rows that differ, such as 0.01")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started = time.perf_counter()
    generate(asked.out, asked.rows, changed=asked.changed, seed=asked.seed)
    print(f"{asked.rows:,} rows, {asked.out.stat().st_size:,} bytes, {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
