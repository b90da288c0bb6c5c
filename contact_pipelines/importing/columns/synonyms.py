"""What people call a contact field, language by language: the data behind `suggesting.py`.

Language -> field -> words, separated by commas, the most usual first (of two columns, the earlier word wins).
Case, accents, spaces, hyphens and underscores do not matter. Marks at the end of a word:

- `*`   a second choice for its field
- `**`  doubtful: counts only if nothing better is there
- `?`   counts only if another column is in that language ("Ad" is a name in Turkish)
- `=`   counts only as the whole header ("First", but not "First contact")

Besides the contact fields and the well-known properties there are readings that the other headers decide:

- `name`   a name: the full one, unless a first or last name stands beside it ("Nombre" beside "Apellidos")
- `title`  a job title or an honorific ("Title" beside "Salutation" is the job)
- `region_or_status`  "Estado" is a province beside a city and otherwise nobody knows
- `login`  the name somebody signs in with; sometimes an address
"""

# ruff: noqa: RUF001 - letters of many alphabets look like those of others
from __future__ import annotations

SYNONYMS: dict[str, dict[str, str]] = {
    "en": {
        "email": (
            "email, email address, e mail, mail, email addr, mail address, email id*, mail id*, emails*, "
            "electronic mail, primary email, email adress, emial, eamil, emal, e address**, "
            "user principal name*, upn**"
        ),
        "phone": (
            "phone, phone number, telephone, telephone number, tel, tel no, phone no, phone num, ph no, "
            "ph*, contact number*, contact no*, contact phone, mobile*, mobile phone*, mobile number*, "
            "mobile no*, mob no*, mob*, cell*, cell phone*, cellphone*, cell number*, cellular*, "
            "sms number**, whatsapp**, whatsapp number**, whatsapp no**, landline*, dial in**, msisdn*, "
            "phone e164*"
        ),
        "first_name": (
            "first name, given name, forename, given names, first names, fname, first=, givenname, "
            "christian name, f name, 1st name"
        ),
        "last_name": ("last name, surname, family name, lname, last=, sur name, second name**, l name, family=*"),
        "full_name": (
            "full name, display name, contact name, contact person, complete name, name full, "
            "first and last name, name first and last, first last name, first last, "
            "first name and last name, first name last name, last name first name, person name, "
            "real name*"
        ),
        "name": "name, names*",
        "login": "username, user name, login, login name, user, login id, user login, signin name, nick",
        "external_id": (
            "external id, external identifier, ext id, contact id, customer id, person id, user id, "
            "client id, member id, record id, subscriber id, customer number, customer no, "
            "client number, member number, membership number, membership id, attendee number, lead id, "
            "external key, uuid*, guid*, identifier*, id*, uid*, unique id*, crm id*, foreign id*, "
            "employee id*, employee number*, student id*, donor id*, constituent id*, profile id*, "
            "membership no"
        ),
        "company": (
            "company, company name, organization, organisation, organization name, organisation name, "
            "business name, employer, org, org name, company organization, account name*, comp*, "
            "related company*, associated company*, parent company**, primary company*, "
            "associated company primary*, current company*, business*, firm*, firm name*, workplace**, "
            "employer name, institution*, institution name*, company or organization"
        ),
        "job_title": (
            "job title, position, jobtitle, job position, job, designation*, job role*, role title*, "
            "occupation*, profession*, organization title, company title, position title, work title, "
            "job function**, role**=, headline**, title or position, current position*"
        ),
        "title": "title",
        "address": (
            "address, street address, street, address line, mailing address, postal address, "
            "home address, address street, street name*, street and number, address line 1, address 1, "
            "addr, streetaddress, residential address, full address*, road**"
        ),
        "city": "city, town, city town, town city, locality*, municipality*, suburb**, city name",
        "state": (
            "state, state province, province, state region, province state, state code*, province code*, "
            "region*, prefecture*, us state, state name, state or province, territory**"
        ),
        "country": (
            "country, country region, country name, country code*, country iso*, nation*, "
            "country or region, country of residence, country territory, cc**, iso country*"
        ),
        "postal_code": (
            "postal code, zip code, zip, postcode, post code, zipcode, zip postal code, postal zip code, "
            "postal zip, zip postal, pin code*, pincode*, eircode*, zip or postal code, postalcode"
        ),
        "language": (
            "language, preferred language, lang, language code, communication language, "
            "spoken language*, native language*, locale**, mother tongue**"
        ),
        "birthday": ("birthday, birth date, date of birth, dob, birthdate, born*, born on*, bday*, day of birth"),
        "website": (
            "website, web site, homepage, home page, web page, web address, website url, "
            "company website*, personal website*, url**, web*, www*, site**, blog**"
        ),
        "gender": "gender, sex",
        "status": (
            "status, subscription status, email status, subscriber status, email subscription status, "
            "marketing status, email marketing status, newsletter status, mailing status, "
            "consent status*, opt in status*, optin status*, subscription state*"
        ),
        "lead_score": (
            "lead score, score, rating, member rating, contact score, leadscore, lead rating, "
            "engagement score*, contact rating"
        ),
        "tags": (
            "tags, tag, labels, categories*, group membership*, tag list, tag names, keywords**, "
            "contact tags, groups**, group memberships*"
        ),
        "created_at": (
            "created at, created, created on, create date, created date, creation date, date created, "
            "create time, created time, creation time, profile created on, signup date*, sign up date*, "
            "signed up*, signed up at*, signed up on*, signup time*, sign up time*, signup at*, signup*, "
            "registration date*, registered on*, registered at*, registered*, date registered*, "
            "registration time*, register date*, date added*, added on*, added at*, added*, added date*, "
            "date of registration*, date joined*, joined*, join date*, joined on*, joined at*, "
            "joining date*, member since*, customer since*, subscribed at*, subscribed on*, "
            "subscribe date*, subscription date*, date subscribed*, optin time*, opt in time*, "
            "optin date*, opt in date*, entry date**, submitted at**, submitted on**, submission date**, "
            "submission time**, date submitted**, timestamp**, connected on**, confirm time**, "
            "inserted at*"
        ),
        "updated_at": (
            "updated at, updated, updated on, last updated, last update, update date, updated date, "
            "last modified, modified at, modified, modified on, modified date, last modified date, "
            "date modified, date updated, last changed, changed at*, changed on*, last edited*, "
            "last modified at, last modified on, last updated at, last updated on, last update date, "
            "last modified time, modification date, last change"
        ),
    },
    "de": {
        "email": "e mail, email adresse, e mail adresse, mailadresse, mail adresse, elektronische post*",
        "phone": (
            "telefon, telefonnummer, telefon nr, tel nr, telefonnr, rufnummer, fon, festnetz*, handy*, "
            "handynummer*, handy nr*, mobil*, mobilnummer*, mobiltelefon*, mobilfunk*, mobilfunknummer*, "
            "mobil nr*, fernsprecher**"
        ),
        "first_name": "vorname, rufname, vornamen",
        "last_name": "nachname, familienname, zuname, nachnamen",
        "full_name": (
            "vollstaendiger name, vollständiger name, vor und nachname, vorname nachname, "
            "nachname vorname, name vorname, vorname name, vor nachname, ansprechpartner*, "
            "kontaktperson*, gesamtname, kontaktname, anzeigename*, kundenname, vorname und nachname, "
            "voller name"
        ),
        "login": "benutzername, nutzername, anmeldename",
        "external_id": (
            "kundennummer, kunden nr, kundennr, kunden id, mitgliedsnummer, mitglieds nr, mitgliedsnr, "
            "kontakt id, personen id, kennung*, externe id, personalnummer*, benutzer id, "
            "teilnehmernummer*, kontaktnummer**, adressnummer**, externe kennung"
        ),
        "company": (
            "firma, firmenname, unternehmen, organisation, unternehmensname, arbeitgeber, betrieb*, "
            "name der firma, institution*, gesellschaft*, organisationsname"
        ),
        "job_title": (
            "berufsbezeichnung, position, stelle*, funktion*, beruf*, stellenbezeichnung, jobtitel, "
            "taetigkeit*, tätigkeit*, rolle**"
        ),
        "address": (
            "adresse, anschrift, strasse, straße, straße und hausnummer, straße hausnummer, str*, "
            "straße nr, postanschrift, wohnadresse, strasse nr, straße hnr, strassenname*"
        ),
        "city": "stadt, ort, wohnort, ortschaft, gemeinde*",
        "state": "bundesland, kanton, region*, bundesstaat",
        "country": "land, staat*, laendercode*, ländercode*, landescode*, länderkürzel*, laenderkuerzel*",
        "postal_code": "plz, postleitzahl",
        "language": "sprache, korrespondenzsprache, bevorzugte sprache, muttersprache*",
        "birthday": "geburtstag, geburtsdatum, geb datum, geboren*, geboren am*, geb*, gebdatum",
        "website": "webseite, webauftritt, internetseite, internet*, internetadresse",
        "gender": "geschlecht",
        "status": "status, abonnementstatus, abostatus, newsletterstatus, e mail status",
        "lead_score": "punktzahl*, bewertung*, leadscore, lead bewertung",
        "tags": ("schlagworte, schlagwörter, etiketten*, kategorien*, markierungen*, stichworte*, stichwörter*"),
        "created_at": (
            "erstellt am, erstellt, erstelldatum, erstellungsdatum, angelegt am, angelegt*, "
            "anlagedatum*, anmeldedatum*, angemeldet am*, registriert am*, registrierungsdatum*, "
            "hinzugefügt am*, hinzugefuegt am*, mitglied seit*, kunde seit*, eintrittsdatum*, "
            "eingetragen am*, beitrittsdatum*"
        ),
        "updated_at": (
            "geändert am, geaendert am, aktualisiert am, aktualisiert, zuletzt geändert, "
            "letzte änderung, letzte aenderung, zuletzt aktualisiert, änderungsdatum, aenderungsdatum, "
            "bearbeitet am*"
        ),
    },
    "fr": {
        "email": (
            "adresse email, adresse e mail, courriel, adresse mail, adresse courriel, mel*, mél*, "
            "adresse electronique, courrier electronique, adresse de messagerie"
        ),
        "phone": (
            "telephone, numero de telephone, num tel, tel, no tel, numero telephone, telephone fixe*, "
            "fixe*, portable*, telephone portable*, telephone mobile*, mobile*, gsm*, "
            "numero de portable*, numero de mobile*"
        ),
        "first_name": "prenom, prenoms, prenom usuel*",
        "last_name": "nom de famille, nom famille, nom usuel*, patronyme*, nom d usage*",
        "full_name": (
            "nom complet, nom et prenom, prenom et nom, nom prenom, prenom nom, nom prenoms, "
            "interlocuteur*, personne de contact*, nom d affichage*, nom du contact"
        ),
        "name": "nom, noms*",
        "login": "identifiant, nom d utilisateur, nom utilisateur, pseudo",
        "external_id": (
            "numero client, no client, id client, code client, numero d adherent, numero adherent, "
            "identifiant externe, id contact, identifiant client, reference client*, id externe, "
            "matricule*"
        ),
        "company": (
            "entreprise, societe, organisation, organisme, nom de l entreprise, raison sociale, "
            "structure**, nom de la societe, employeur, etablissement*, association**, nom entreprise, "
            "nom societe"
        ),
        "job_title": (
            "poste, fonction, intitule du poste, titre du poste, metier*, profession*, "
            "intitule de poste, emploi*, qualite**"
        ),
        "address": ("adresse, rue, adresse postale, voie*, adresse ligne 1, numero et rue, adresse domicile"),
        "city": "ville, commune, localite*",
        "state": "region*, province, etat*, canton",
        "country": "pays, code pays*",
        "postal_code": "code postal, cp, npa*",
        "language": "langue, langue preferee, langue de correspondance",
        "birthday": ("date de naissance, anniversaire, naissance*, ne le*, nee le*, date naissance, date anniversaire"),
        "website": "site web, site internet, site*, page web, url du site",
        "gender": "sexe, genre*",
        "status": "statut, statut d abonnement, statut abonnement, statut email, statut de l abonnement",
        "lead_score": "score, notation*",
        "tags": "etiquettes, mots cles*, libelles*, categories*, mot cle*",
        "created_at": (
            "date de creation, cree le, date creation, date d inscription*, date inscription*, "
            "inscrit le*, date d ajout*, date ajout*, ajoute le*, membre depuis*, client depuis*, "
            "date d adhesion*, date enregistrement*, date d enregistrement*, horodateur**, inscription**"
        ),
        "updated_at": (
            "date de modification, modifie le, mis a jour le, derniere modification, "
            "date de mise a jour, derniere mise a jour, date modification, date mise a jour, mise a jour*"
        ),
    },
    "es": {
        "email": (
            "correo electronico, correo, direccion de correo electronico, email, direccion de correo, "
            "direccion de email, mail, correo e*, e correo*"
        ),
        "phone": (
            "telefono, numero de telefono, telefono fijo*, num telefono, no telefono, movil*, "
            "telefono movil*, celular*, telefono celular*, numero de celular*, numero de movil*, tfno, "
            "tlf, tlfno, tel, fono*, numero celular*, telefono de contacto, no de telefono"
        ),
        "first_name": "nombre de pila, primer nombre, nombres, nombre propio",
        "last_name": "apellidos, apellido, primer apellido*, apellido paterno*",
        "full_name": (
            "nombre completo, nombre y apellidos, nombre y apellido, apellidos y nombre, "
            "nombres y apellidos, apellido y nombre, nombre apellidos, persona de contacto*, "
            "nombre para mostrar*, nombre del contacto, apellidos nombre, apellidos y nombres"
        ),
        "name": "nombre",
        "login": "usuario, nombre de usuario, nombre usuario",
        "external_id": (
            "id cliente, id de cliente, numero de cliente, codigo de cliente, codigo cliente, "
            "no cliente, id contacto, id externo, id de contacto, numero de socio, num cliente, "
            "id usuario, identificador*, id de usuario, numero socio, matricula**"
        ),
        "company": (
            "empresa, compania, organizacion, nombre de la empresa, nombre empresa, razon social, "
            "sociedad*, empleador, negocio*, institucion*, entidad**"
        ),
        "job_title": ("cargo, puesto, puesto de trabajo, titulo del puesto, ocupacion*, profesion*, posicion*"),
        "address": "direccion, domicilio, calle, direccion postal, direccion linea 1, calle y numero",
        "city": "ciudad, localidad, poblacion*, municipio*",
        "state": "provincia, comunidad autonoma*, region*",
        "region_or_status": "estado",
        "country": "pais, codigo de pais*, pais de residencia, codigo pais*",
        "postal_code": "codigo postal, cp, cod postal, c p",
        "language": "idioma, lengua*, idioma preferido",
        "birthday": ("fecha de nacimiento, cumpleanos, nacimiento*, fecha nacimiento, fecha nac, f nacimiento"),
        "website": "sitio web, pagina web, web*, pagina*",
        "gender": "sexo, genero",
        "status": (
            "estado de suscripcion, estatus*, estado suscripcion, estado del suscriptor, "
            "estado de la suscripcion, estado del correo"
        ),
        "lead_score": "puntuacion, puntaje, calificacion*",
        "tags": "etiquetas, etiqueta, categorias*",
        "created_at": (
            "fecha de creacion, creado el, creado, fecha creacion, fecha de registro*, fecha registro*, "
            "fecha de alta*, fecha alta*, registrado el*, fecha de inscripcion*, fecha de suscripcion*, "
            "miembro desde*, cliente desde*, fecha de ingreso*, marca temporal**, fecha inscripcion*, "
            "fecha de incorporacion*"
        ),
        "updated_at": (
            "fecha de modificacion, actualizado el, ultima actualizacion, ultima modificacion, "
            "modificado el, fecha de actualizacion, actualizado, fecha modificacion, fecha actualizacion"
        ),
    },
    "it": {
        "email": (
            "indirizzo email, indirizzo e mail, posta elettronica, indirizzo di posta elettronica, indirizzo mail"
        ),
        "phone": (
            "telefono, numero di telefono, cellulare*, numero cellulare*, num telefono, tel, "
            "telefono cellulare*, numero di cellulare*, recapito telefonico, telefono fisso*, cell*, "
            "numero telefono, recapito**"
        ),
        "first_name": "nome di battesimo, nome proprio",
        "last_name": "cognome",
        "full_name": (
            "nome completo, nome e cognome, cognome e nome, nominativo, nome cognome, cognome nome, "
            "referente*, persona di contatto*, nome visualizzato*, nome del contatto"
        ),
        "name": "nome",
        "login": "nome utente, utente",
        "external_id": (
            "codice cliente, id cliente, numero cliente, id esterno, id contatto, codice contatto, "
            "numero tessera*, identificativo*, matricola*"
        ),
        "company": (
            "azienda, societa, ragione sociale, nome azienda, organizzazione, ditta, impresa, ente*, "
            "nome dell azienda, nome della societa, denominazione*"
        ),
        "job_title": (
            "qualifica, posizione, ruolo*, mansione, professione*, titolo professionale, incarico*, lavoro**"
        ),
        "address": "indirizzo, via, indirizzo postale, residenza*, via e numero, indirizzo di residenza",
        "city": "citta, comune, localita*",
        "state": "provincia, regione*, prov",
        "region_or_status": "stato",
        "country": "paese, nazione, codice paese*, paese di residenza",
        "postal_code": "cap, codice postale, codice di avviamento postale",
        "language": "lingua, lingua preferita",
        "birthday": "data di nascita, compleanno, nascita*, data nascita, nato il*",
        "website": "sito web, sito internet, sito*, pagina web",
        "gender": "sesso, genere*",
        "status": "stato iscrizione, stato dell iscrizione, stato abbonamento, stato email",
        "lead_score": "punteggio, valutazione*",
        "tags": "etichette, tag, categorie*",
        "created_at": (
            "data di creazione, creato il, data creazione, data di iscrizione*, data iscrizione*, "
            "iscritto il*, data di registrazione*, data registrazione*, registrato il*, membro dal*, "
            "cliente dal*, data inserimento*, informazioni cronologiche**"
        ),
        "updated_at": (
            "data di modifica, modificato il, ultimo aggiornamento, aggiornato il, ultima modifica, "
            "data modifica, data aggiornamento, data di aggiornamento"
        ),
    },
    "pt": {
        "email": (
            "endereco de email, correio eletronico, correio electronico, endereco de e mail, "
            "endereco email, endereco eletronico*"
        ),
        "phone": (
            "telefone, numero de telefone, telemovel*, celular*, fone, telefone celular*, "
            "numero de celular*, tel, telefone fixo*, contato telefonico*, numero do telefone, "
            "telefone de contato, telefone movel*"
        ),
        "first_name": "primeiro nome, nome proprio, prenome",
        "last_name": "sobrenome, apelido*, ultimo nome, nome de familia, sobrenomes, apelidos*",
        "full_name": (
            "nome completo, nome e sobrenome, nome e apelido, nome sobrenome, pessoa de contato*, "
            "nome de exibicao*, nome do contato, nome do contacto"
        ),
        "name": "nome",
        "login": "nome de usuario, usuario, nome de utilizador, utilizador",
        "external_id": (
            "codigo do cliente, id do cliente, numero do cliente, id externo, codigo cliente, "
            "id do contato, numero de socio, id contato, identificador externo, matricula**"
        ),
        "company": (
            "empresa, companhia, organizacao, nome da empresa, razao social, empregador, instituicao*, nome fantasia*"
        ),
        "job_title": "cargo, funcao*, profissao*, posicao*, ocupacao*, titulo do cargo",
        "address": ("endereco, morada, rua, logradouro, endereco postal, endereco linha 1, endereco residencial"),
        "city": "cidade, localidade, municipio, concelho*",
        "state": "uf, provincia, distrito*, estado uf, unidade federativa",
        "region_or_status": "estado",
        "country": "pais, codigo do pais*, pais de residencia",
        "postal_code": "cep, codigo postal, cod postal",
        "language": "idioma, lingua, idioma preferido",
        "birthday": ("data de nascimento, aniversario, nascimento*, data nascimento, nascido em*, dt nascimento"),
        "website": "site*, website, pagina web, sitio web",
        "gender": "sexo, genero",
        "status": (
            "status da assinatura, estado da subscricao, status do email, situacao da assinatura, status da inscricao"
        ),
        "lead_score": "pontuacao, classificacao*",
        "tags": "etiquetas, marcadores, categorias*",
        "created_at": (
            "data de criacao, criado em, criado, data criacao, data de cadastro*, data cadastro*, "
            "cadastrado em*, data de registro*, data de registo*, data de inscricao*, registrado em*, "
            "inscrito em*, membro desde*, cliente desde*, data de adesao*, data do cadastro*, "
            "carimbo de data hora**"
        ),
        "updated_at": (
            "data de atualizacao, atualizado em, ultima atualizacao, modificado em, ultima modificacao, "
            "data de modificacao, data da ultima atualizacao, ultima alteracao, alterado em*"
        ),
    },
    "ca": {
        "email": "correu electronic, correu, adreca electronica",
        "phone": "telefon, telefon mobil*, mobil*",
        "last_name": "cognoms, cognom",
        "full_name": "nom i cognoms, nom complet, cognoms i nom",
        "company": "empresa",
        "address": "adreca",
        "city": "ciutat, poblacio*, municipi*",
        "postal_code": "codi postal",
    },
    "nl": {
        "email": "e mailadres, emailadres, mailadres, e mail adres, mail adres",
        "phone": (
            "telefoon, telefoonnummer, telnr, tel nr, mobiel*, mobiele telefoon*, mobiel nummer*, gsm*, "
            "mobielnummer*, gsm nummer*, vaste telefoon*, telefoon mobiel*, gsmnummer*, telefoonnr, "
            "06 nummer*"
        ),
        "first_name": "voornaam, roepnaam, voornamen*",
        "last_name": "achternaam, familienaam, geslachtsnaam*",
        "full_name": (
            "volledige naam, voor en achternaam, voornaam achternaam, contactpersoon*, weergavenaam*, "
            "klantnaam, naam contactpersoon, voornaam en achternaam, naam en voornaam"
        ),
        "name": "naam",
        "login": "gebruikersnaam, inlognaam",
        "external_id": (
            "klantnummer, klant id, klantnr, lidnummer, relatienummer, klantcode, contact id, extern id, "
            "relatie id, debiteurnummer*, debiteurennummer*"
        ),
        "company": (
            "bedrijf, bedrijfsnaam, organisatie, onderneming, werkgever, naam bedrijf, organisatienaam, "
            "firma, instelling*"
        ),
        "job_title": "functie, functietitel, beroep*, functieomschrijving*, functienaam",
        "address": ("adres, straat, straatnaam, straat en huisnummer, postadres, woonadres, straat huisnummer"),
        "city": "plaats, stad, woonplaats, gemeente*",
        "state": "provincie, regio*",
        "country": "land, landcode*",
        "postal_code": "postcode",
        "language": "taal, voorkeurstaal",
        "birthday": "geboortedatum, verjaardag, geboren op*",
        "website": "webpagina, website",
        "gender": "geslacht",
        "status": "abonnementsstatus, inschrijfstatus",
        "tags": "labels, trefwoorden*, categorieen*",
        "created_at": (
            "aangemaakt op, aangemaakt, aanmaakdatum, datum aangemaakt, inschrijfdatum*, "
            "inschrijvingsdatum*, registratiedatum*, toegevoegd op*, lid sinds*, klant sinds*, "
            "aanmelddatum*, aangemeld op*, datum inschrijving*, datum toegevoegd*, tijdstempel**"
        ),
        "updated_at": (
            "gewijzigd op, bijgewerkt op, laatst gewijzigd, laatst bijgewerkt, wijzigingsdatum, "
            "laatste wijziging, datum gewijzigd"
        ),
    },
    "pl": {
        "email": ("adres email, adres e mail, poczta elektroniczna, poczta*, adres mailowy, mail kontaktowy*"),
        "phone": (
            "telefon, numer telefonu, nr telefonu, nr tel, komorka*, telefon komorkowy*, tel kom*, "
            "numer komorkowy*, telefon kontaktowy, nr telefonu komorkowego*, telefon stacjonarny*"
        ),
        "first_name": "imie, imiona, pierwsze imie",
        "last_name": "nazwisko, nazwisko rodowe**",
        "full_name": (
            "imie i nazwisko, nazwisko i imie, pelne imie i nazwisko, imie nazwisko, nazwisko imie, "
            "osoba kontaktowa*, pelna nazwa**"
        ),
        "login": "nazwa uzytkownika",
        "external_id": (
            "numer klienta, id klienta, nr klienta, identyfikator klienta, identyfikator*, "
            "id zewnetrzne, kod klienta, numer czlonkowski*, id kontaktu"
        ),
        "company": (
            "firma, nazwa firmy, przedsiebiorstwo, organizacja, pracodawca, instytucja*, spolka*, nazwa organizacji"
        ),
        "job_title": "stanowisko, zawod*, funkcja*, pozycja*, stanowisko pracy, tytul stanowiska",
        "address": ("adres, ulica, adres zamieszkania, ulica i numer, adres korespondencyjny, adres pocztowy"),
        "city": "miasto, miejscowosc",
        "state": "wojewodztwo, region*",
        "country": "kraj, panstwo*, kod kraju*",
        "postal_code": "kod pocztowy, kod**",
        "language": "jezyk, preferowany jezyk",
        "birthday": "data urodzenia, urodziny, data ur",
        "website": "strona internetowa, strona www, strona*, witryna*, adres www",
        "gender": "plec",
        "status": "status subskrypcji, stan subskrypcji",
        "lead_score": "ocena*, punktacja*, wynik**",
        "tags": "tagi, etykiety, znaczniki*, kategorie*",
        "created_at": (
            "data utworzenia, utworzono, data dodania*, data rejestracji*, dodano*, data zapisu*, "
            "zarejestrowano*, data zapisania*, czlonek od*, klient od*, sygnatura czasowa**, "
            "data przystapienia*"
        ),
        "updated_at": (
            "data modyfikacji, zmodyfikowano, data aktualizacji, zaktualizowano, ostatnia modyfikacja, "
            "ostatnia aktualizacja, ostatnia zmiana"
        ),
    },
    "cs": {
        "email": "emailova adresa, e mailova adresa, elektronicka posta, mailova adresa",
        "phone": (
            "telefon, telefonni cislo, tel cislo, mobil*, mobilni telefon*, cislo telefonu, "
            "mobilni cislo*, telefonne cislo, telefonicky kontakt*"
        ),
        "first_name": "krestni jmeno, krstne meno",
        "last_name": "prijmeni, priezvisko",
        "full_name": (
            "cele jmeno, jmeno a prijmeni, prijmeni a jmeno, jmeno prijmeni, kontaktni osoba*, "
            "cele meno, meno a priezvisko, prijmeni jmeno, meno priezvisko, kontaktna osoba*, "
            "priezvisko a meno"
        ),
        "name": "jmeno, meno",
        "login": "uzivatelske jmeno, prihlasovaci jmeno",
        "external_id": (
            "zakaznicke cislo, cislo zakaznika, id zakaznika, externi id, identifikator*, "
            "clenske cislo*, kod zakaznika, id kontaktu"
        ),
        "company": (
            "firma, spolecnost, organizace, nazev firmy, nazev spolecnosti, zamestnavatel, spolocnost, "
            "nazov firmy, obchodni jmeno*, organizacia"
        ),
        "job_title": ("pozice, pracovni pozice, funkce*, povolani*, pracovni zarazeni, pozicia, pracovna pozicia"),
        "address": "adresa, ulice, ulica, ulice a cislo, postovni adresa, bydliste*",
        "city": "mesto, obec",
        "state": "okres**",
        "country": "zeme, krajina, kod zeme*",
        "postal_code": "psc, postovni smerovaci cislo",
        "language": "jazyk, preferovany jazyk",
        "birthday": "datum narozeni, narozeniny, datum narodenia",
        "website": "webove stranky, webova stranka, stranky*, webova stranka",
        "gender": "pohlavi, pohlavie",
        "status": "stav odberu",
        "tags": "stitky, kategorie*, znacky*",
        "created_at": (
            "datum vytvoreni, vytvoreno, vytvoreno dne, datum registrace*, registrovan*, datum pridani*, "
            "datum prihlaseni*, clenem od*, datum vytvorenia, datum registracie*"
        ),
        "updated_at": (
            "datum zmeny, upraveno, aktualizovano, posledni zmena, posledni aktualizace, datum upravy, "
            "posledni uprava, datum aktualizace"
        ),
    },
    "sv": {
        "email": "e post, epost, e postadress, epostadress, mejl, mailadress, mejladress, e post adress",
        "phone": (
            "telefon, telefonnummer, mobil*, mobilnummer*, mobiltelefon*, telefonnr, tel nr, mobilnr*, hemtelefon*, tfn"
        ),
        "first_name": "fornamn, tilltalsnamn*",
        "last_name": "efternamn",
        "full_name": (
            "fullstandigt namn, for och efternamn, fornamn och efternamn, kontaktperson*, "
            "fornamn efternamn, hela namnet, visningsnamn*, for efternamn, efternamn fornamn"
        ),
        "name": "namn",
        "login": "anvandarnamn",
        "external_id": "kundnummer, kund id, medlemsnummer, kundnr, medlems id, externt id, medlemsnr",
        "company": ("foretag, foretagsnamn, organisation, bolag, arbetsgivare, bolagsnamn, organisationsnamn"),
        "job_title": "befattning, yrke*, jobbtitel, roll**, yrkestitel",
        "address": "adress, gatuadress, gata, postadress*, hemadress",
        "city": "stad, ort, postort, kommun*",
        "state": "lan, delstat, landskap*",
        "country": "land, landskod*",
        "postal_code": "postnummer, postnr",
        "language": "sprak",
        "birthday": "fodelsedatum, fodelsedag, fodd*",
        "website": "hemsida, webbplats, webbsida",
        "gender": "kon",
        "status": "prenumerationsstatus",
        "tags": "taggar, etiketter*, kategorier*",
        "created_at": (
            "skapad, skapad den, skapat, datum skapad, registreringsdatum*, registrerad*, tillagd*, "
            "medlem sedan*, kund sedan*, anmalningsdatum*, anmald*, datum tillagd*, tidstampel**, "
            "skapad datum"
        ),
        "updated_at": "uppdaterad, senast uppdaterad, andrad, senast andrad, andringsdatum",
    },
    "da": {
        "email": "e mailadresse, mailadresse, e post adresse, epostadresse, e postadresse",
        "phone": (
            "telefon, telefonnummer, tlf, tlf nr, mobil*, mobilnummer*, mobiltelefon*, tlfnr, mobilnr*, "
            "telefonnr, mobil nr*"
        ),
        "first_name": "fornavn",
        "last_name": "efternavn, etternavn",
        "full_name": (
            "fulde navn, fullt navn, for og efternavn, for og etternavn, fornavn og efternavn, "
            "fornavn og etternavn, kontaktperson*, fornavn efternavn, fornavn etternavn, fuldt navn"
        ),
        "name": "navn",
        "login": "brugernavn, brukernavn",
        "external_id": "kundenummer, kunde id, medlemsnummer, kundenr, medlemsnr, kunde nr",
        "company": (
            "firma, virksomhed, firmanavn, organisation, selskap, bedrift, arbejdsgiver, arbeidsgiver, "
            "bedriftsnavn, virksomhedsnavn, organisasjon, selskab"
        ),
        "job_title": ("stilling, jobtitel, stillingsbetegnelse, yrke*, titel stilling, stillingstittel, jobbtittel"),
        "address": "adresse, vej*, gade*, gateadresse, gate*, vejnavn, gadenavn, postadresse*",
        "city": "by, sted*, poststed, bynavn",
        "state": "region*, fylke, delstat",
        "country": "land, landekode*, landkode*",
        "postal_code": "postnummer, postnr",
        "language": "sprog, sprak",
        "birthday": "fodselsdato, fodselsdag, fodt*, fodselsdag dato",
        "website": "hjemmeside, nettside, nettsted, webside",
        "gender": "kon, kjonn",
        "status": "abonnementsstatus",
        "tags": "etiketter*, kategorier*, nogleord**, merkelapper*",
        "created_at": (
            "oprettet, oprettet den, opprettet, oprettelsesdato, opprettet dato, registreringsdato*, "
            "tilmeldt*, tilmeldingsdato*, medlem siden*, kunde siden*, registrert*, pamelding dato*, "
            "innmeldt*, indmeldt*"
        ),
        "updated_at": (
            "opdateret, sidst opdateret, oppdatert, sist oppdatert, sist endret, endret, aendret, sidst aendret"
        ),
    },
    "fi": {
        "email": "sahkoposti, sahkopostiosoite",
        "phone": "puhelin, puhelinnumero, matkapuhelin*, puh, kannykka*, gsm*",
        "first_name": "etunimi, etunimet",
        "last_name": "sukunimi",
        "full_name": "koko nimi, etu ja sukunimi, yhteyshenkilo*, nimi etunimi sukunimi",
        "name": "nimi",
        "login": "kayttajatunnus, kayttajanimi",
        "external_id": "asiakasnumero, jasennumero, asiakastunnus",
        "company": "yritys, yrityksen nimi, organisaatio, tyonantaja",
        "job_title": "tehtavanimike, ammatti*, titteli*, asema**",
        "address": "osoite, katuosoite, lahiosoite, postiosoite",
        "city": "kaupunki, postitoimipaikka, paikkakunta, kunta*",
        "state": "maakunta, laani",
        "country": "maa, maakoodi*",
        "postal_code": "postinumero",
        "language": "kieli",
        "birthday": "syntymaaika, syntymapaiva",
        "website": "verkkosivu, kotisivu, verkkosivusto, kotisivut, verkkosivut",
        "gender": "sukupuoli",
        "status": "tilauksen tila",
        "tags": "tunnisteet, avainsanat*",
        "created_at": "luotu, luontipaiva, rekisteroitynyt*, lisatty*, liittymispaiva*",
        "updated_at": "paivitetty, muokattu, viimeksi muokattu, viimeksi paivitetty",
    },
    "hu": {
        "email": "email cim, e mail cim, elektronikus levelcim",
        "phone": "telefonszam, mobil*, mobilszam*, telefon, mobiltelefon*",
        "first_name": "keresztnev, utonev",
        "last_name": "vezeteknev, csaladnev, csaladi nev",
        "full_name": "teljes nev, kapcsolattarto*",
        "name": "nev",
        "login": "felhasznalonev",
        "external_id": "ugyfelszam, ugyfel azonosito, vevokod*, azonosito*",
        "company": "ceg, cegnev, vallalat, szervezet, munkaltato",
        "job_title": "beosztas, munkakor, pozicio*, foglalkozas*",
        "address": "cim, utca, lakcim, postacim",
        "city": "varos, telepules, helyseg*",
        "state": "megye",
        "country": "orszag, orszagkod*",
        "postal_code": "iranyitoszam, irsz",
        "language": "nyelv",
        "birthday": "szuletesi datum, szuletesnap, szuletesi ido",
        "website": "weboldal, honlap, weblap",
        "gender": "neme",
        "tags": "cimkek, kategoriak*",
        "created_at": ("letrehozva, letrehozas datuma, regisztracio datuma*, feliratkozas datuma*, regisztralt*"),
        "updated_at": "modositva, frissitve, utolso modositas",
    },
    "ro": {
        "email": "adresa de email, adresa email, posta electronica, adresa de e mail",
        "phone": "numar de telefon, nr telefon, numar telefon, telefon mobil*, telefon",
        "first_name": "prenume",
        "last_name": "nume de familie",
        "full_name": "nume complet, nume si prenume, prenume si nume, nume prenume, persoana de contact*",
        "name": "nume",
        "login": "nume utilizator, nume de utilizator",
        "external_id": "cod client, numar client, id client",
        "company": "companie, firma, organizatie, nume firma, societate*, denumire firma",
        "job_title": "functie*, post**, ocupatie*",
        "address": "adresa, strada, domiciliu",
        "city": "oras, localitate*",
        "state": "judet",
        "country": "tara",
        "postal_code": "cod postal",
        "language": "limba",
        "birthday": "data nasterii, zi de nastere, data nastere",
        "website": "pagina web, site web",
        "gender": "gen*, sex",
        "tags": "etichete",
        "created_at": "data crearii, creat la, data inregistrarii*, data inscrierii*, data adaugarii*",
        "updated_at": "actualizat la, data modificarii, ultima modificare, ultima actualizare",
    },
    "hr": {
        "email": "e posta, e mail adresa, elektronicka posta",
        "phone": "telefon, broj telefona, mobitel*, broj mobitela*, mobilni*",
        "last_name": "prezime, priimek",
        "full_name": "ime i prezime, puno ime, prezime i ime, ime in priimek, ime prezime, kontakt osoba*",
        "name": "ime",
        "company": "tvrtka, poduzece, preduzece, podjetje, naziv tvrtke",
        "job_title": "radno mjesto, delovno mesto",
        "address": "adresa, ulica, naslov*",
        "city": "grad, mjesto",
        "country": "drzava",
        "postal_code": "postanski broj, postna stevilka",
        "language": "jezik",
        "birthday": "datum rodenja, datum rojstva",
        "gender": "spol",
        "tags": "oznake",
    },
    "bg": {
        "email": "имейл адрес, електронна поща",
        "phone": "телефон, телефонен номер, мобилен телефон*",
        "last_name": "фамилия, фамилно име",
        "first_name": "собствено име",
        "full_name": "име и фамилия, пълно име, трите имена",
        "name": "име",
        "company": "фирма, компания, организация",
        "address": "адрес",
        "city": "град",
        "country": "държава",
        "postal_code": "пощенски код",
    },
    "tr": {
        "email": "e posta, eposta, e posta adresi, eposta adresi, mail adresi, email adresi",
        "phone": (
            "telefon, telefon numarasi, telefon no, cep telefonu*, cep*?, gsm*, cep no*, tel no, "
            "gsm no*, cep telefonu numarasi*, cep numarasi*, irtibat numarasi*"
        ),
        "first_name": "on ad, ilk ad, ilk adi",
        "last_name": "soyad, soyadi, soy isim, soyisim, soyismi, soy adi, soy ad",
        "full_name": ("ad soyad, adi soyadi, isim soyisim, tam ad, ad soyadi, ad ve soyad, yetkili kisi*, isim soyad"),
        "name": "ad?, adi, isim, ismi",
        "login": "kullanici adi",
        "external_id": ("musteri no, musteri numarasi, musteri id, uye no, uye numarasi, harici id, musteri kodu"),
        "company": "sirket, firma, sirket adi, firma adi, kurum, kurulus, isletme, organizasyon, isyeri*",
        "job_title": "unvan*, pozisyon, gorev*, meslek*, is unvani",
        "address": "adres, sokak, acik adres, posta adresi, cadde*",
        "city": "sehir, il*, ilce**",
        "state": "eyalet, bolge*",
        "country": "ulke, ulke kodu*",
        "postal_code": "posta kodu, pk",
        "language": "dil, tercih edilen dil",
        "birthday": "dogum tarihi, dogum gunu",
        "website": "web sitesi, internet sitesi, web adresi",
        "gender": "cinsiyet",
        "status": "abonelik durumu, durum*",
        "lead_score": "puan*",
        "tags": "etiketler, etiket",
        "created_at": ("olusturulma tarihi, kayit tarihi*, uyelik tarihi*, eklenme tarihi*, olusturma tarihi"),
        "updated_at": "guncelleme tarihi, guncellenme tarihi, son guncelleme, degistirilme tarihi",
    },
    "ru": {
        "email": (
            "электронная почта, эл почта, почта, адрес электронной почты, емейл, имейл, эл адрес, емайл, "
            "мейл, электронный адрес, адрес почты, почтовый ящик*, e mail адрес, email адрес"
        ),
        "phone": (
            "телефон, номер телефона, мобильный*, мобильный телефон*, тел, сотовый*, контактный телефон, "
            "номер мобильного*, сотовый телефон*, моб телефон*, номер мобильного телефона*, моб тел*, "
            "телефоны*"
        ),
        "last_name": "фамилия",
        "full_name": (
            "фио, полное имя, имя и фамилия, фамилия имя отчество, имя фамилия, фамилия имя, ф и о, "
            "контактное лицо*, фамилия и имя, отображаемое имя*"
        ),
        "name": "имя",
        "login": "логин, имя пользователя, пользователь",
        "external_id": (
            "id клиента, номер клиента, код клиента, внешний id, идентификатор*, ид клиента, ид*, "
            "номер участника*, id контакта, внешний идентификатор, id пользователя"
        ),
        "company": (
            "компания, организация, название компании, фирма, предприятие, место работы*, работодатель, "
            "наименование организации, название организации"
        ),
        "job_title": "должность, профессия*, позиция*",
        "address": "адрес, улица, почтовый адрес, домашний адрес, адрес проживания",
        "city": "город, населенный пункт*",
        "state": "область, регион*, край*, штат",
        "country": "страна, код страны*",
        "postal_code": "индекс, почтовый индекс, почтовый код",
        "language": "язык",
        "birthday": "дата рождения, день рождения, др*, рождение**",
        "website": "сайт, веб сайт, адрес сайта, вебсайт",
        "gender": "пол",
        "status": "статус, статус подписки, статус подписчика",
        "lead_score": "рейтинг, оценка*, баллы*, балл*",
        "tags": "теги, метки, тег, категории*, тэги, ярлыки*",
        "created_at": (
            "дата создания, создан, создано, дата регистрации*, дата добавления*, дата подписки*, "
            "добавлен*, зарегистрирован*, клиент с*, отметка времени**"
        ),
        "updated_at": (
            "дата изменения, обновлен, обновлено, дата обновления, последнее изменение, изменено, "
            "изменен, последнее обновление"
        ),
    },
    "uk": {
        "email": ("електронна пошта, ел пошта, пошта, адреса електронної пошти, електронна адреса, ел адреса"),
        "phone": "телефон, номер телефону, мобільний*, мобільний телефон*, контактний телефон",
        "last_name": "прізвище",
        "full_name": (
            "піб, повне імя, імя та прізвище, прізвище імя по батькові, прізвище та імя, "
            "контактна особа*, імя прізвище, прізвище імя"
        ),
        "name": "імя, ім я",
        "login": "логін",
        "external_id": "номер клієнта, код клієнта, id клієнта",
        "company": "компанія, організація, назва компанії, фірма, підприємство",
        "job_title": "посада",
        "address": "адреса, вулиця, поштова адреса",
        "city": "місто, населений пункт*",
        "state": "область, регіон*",
        "country": "країна",
        "postal_code": "індекс, поштовий індекс",
        "language": "мова",
        "birthday": "дата народження, день народження",
        "website": "сайт, вебсайт, веб сайт",
        "gender": "стать",
        "status": "статус, статус підписки",
        "tags": "теги, мітки, категорії*",
        "created_at": "дата створення, створено, дата реєстрації*, дата додавання*, дата підписки*",
        "updated_at": "дата зміни, оновлено, дата оновлення, останнє оновлення, змінено",
    },
    "el": {
        "email": ("ηλεκτρονικό ταχυδρομείο, διεύθυνση email, ηλεκτρονική διεύθυνση, ηλεκτρονική αλληλογραφία"),
        "phone": "τηλέφωνο, αριθμός τηλεφώνου, κινητό*, κινητό τηλέφωνο*, τηλ",
        "last_name": "επώνυμο, επίθετο",
        "full_name": "ονοματεπώνυμο, πλήρες όνομα, όνομα και επώνυμο, όνομα επώνυμο",
        "name": "όνομα",
        "company": "εταιρεία, εταιρία, επωνυμία*, οργανισμός, επιχείρηση",
        "job_title": "θέση*, επάγγελμα*, θέση εργασίας, ιδιότητα*",
        "address": "διεύθυνση, οδός",
        "city": "πόλη",
        "state": "νομός, περιφέρεια*",
        "country": "χώρα",
        "postal_code": "ταχυδρομικός κώδικας, τκ, τ κ",
        "language": "γλώσσα",
        "birthday": "ημερομηνία γέννησης, γενέθλια",
        "website": "ιστοσελίδα, ιστότοπος",
        "gender": "φύλο",
        "tags": "ετικέτες",
        "created_at": "ημερομηνία δημιουργίας, ημερομηνία εγγραφής*",
        "updated_at": "ημερομηνία ενημέρωσης, τελευταία ενημέρωση",
    },
    "ja": {
        "email": (
            "メールアドレス, メール, eメール, 電子メール, eメールアドレス, メアド, 電子メールアドレス, "
            "イーメール, e mailアドレス, emailアドレス, mailアドレス"
        ),
        "phone": (
            "電話番号, 電話, tel, 連絡先電話番号, 携帯電話*, 携帯番号*, 携帯電話番号*, 携帯*, 固定電話*, "
            "携帯tel*, 連絡先番号*"
        ),
        "first_name": "名, ファーストネーム, 下の名前",
        "last_name": "姓, 苗字, ラストネーム",
        "full_name": (
            "氏名, お名前, 姓名, フルネーム, 宛名*, ご氏名, 顧客名, お客様名, 会員名, 表示名*, ご芳名, "
            "お客様氏名, 漢字氏名, 氏名漢字, 参加者名"
        ),
        "name": "名前",
        "login": "ユーザー名, ユーザ名, ログイン名",
        "external_id": (
            "顧客id, 顧客番号, 会員番号, 会員id, 顧客コード, お客様番号, 外部id, ユーザーid*, 連絡先id, "
            "社員番号*, 識別子*"
        ),
        "company": (
            "会社名, 会社, 勤務先, 企業名, 組織名, 法人名, 所属*, 所属会社, 組織, 貴社名, 御社名, "
            "団体名*, 企業, 勤務先名"
        ),
        "job_title": "役職, 職業*, 肩書き, 肩書, 役職名, 職種*, 職位",
        "address": "住所, 所在地, 番地*, 町名番地*, ご住所, 住所1, 現住所, 自宅住所",
        "city": "市区町村, 市, 都市, 市町村",
        "state": "都道府県, 県, 州",
        "country": "国, 国名, 国籍**, 国コード*",
        "postal_code": "郵便番号, 〒, zipコード*",
        "language": "言語",
        "birthday": "生年月日, 誕生日",
        "website": "ウェブサイト, ホームページ, webサイト, サイトurl*, ホームページurl, hp*?",
        "gender": "性別",
        "status": "購読状況, 配信ステータス, 配信状態, ステータス*, 購読ステータス, メール配信状況",
        "lead_score": "スコア, リードスコア, 評価*",
        "tags": "タグ, ラベル*, カテゴリ*, カテゴリー*",
        "created_at": (
            "作成日, 登録日, 作成日時, 登録日時, 入会日*, 追加日*, 会員登録日*, タイムスタンプ**, 申込日**, 登録年月日"
        ),
        "updated_at": "更新日, 更新日時, 最終更新日, 最終更新日時, 最終更新, 変更日*",
    },
    "zh": {
        "email": (
            "邮箱, 电子邮件, 电子邮箱, 邮箱地址, 邮件地址, 電子郵件, 信箱, 電郵, 邮件, 邮件邮箱, "
            "e mail地址, email地址, 電子信箱, 電子郵件地址, 电邮, 电子邮件地址, 联系邮箱, 電郵地址, 郵箱"
        ),
        "phone": (
            "电话, 手机*, 手机号*, 手机号码*, 电话号码, 联系电话, 電話號碼, 電話, 手機*, 手機號碼*, "
            "联系方式**, 移动电话*, 联系手机*, 聯絡電話, 行動電話*, 聯繫電話, 座机*, 固定电话*, 手机电话*"
        ),
        "first_name": "名",
        "last_name": "姓, 姓氏",
        "full_name": ("姓名, 全名, 联系人*, 联系人姓名, 客户姓名, 真实姓名, 聯絡人*, 中文姓名, 會員姓名, 联系人名称*"),
        "name": "名字, 称呼**",
        "login": "用户名, 账号, 帐号, 用户名称, 登录名, 使用者名稱, 帳號",
        "external_id": (
            "客户编号, 会员编号, 客户id, 用户id, 会员id, 外部id, 会员号, 客戶編號, 會員編號, 用户编号, "
            "客户代码, 会员卡号*, 联系人id, 员工编号*, 工号*, 学号*"
        ),
        "company": (
            "公司, 公司名称, 单位, 企业, 企业名称, 公司名, 单位名称, 所属公司, 公司名稱, 工作单位, "
            "组织*, 機構*, 机构*, 企業名稱"
        ),
        "job_title": "职位, 职务, 職位, 職稱, 职称*, 岗位*, 職務, 职业*",
        "address": ("地址, 街道*, 联系地址, 通讯地址, 详细地址, 住址, 街道地址, 聯絡地址, 家庭地址, 邮寄地址"),
        "city": "城市, 所在城市, 市",
        "state": "省份, 省, 所在省份, 省市**, 州, 州省",
        "country": "国家, 國家, 国家地区, 所在国家, 國家地區",
        "postal_code": "邮编, 邮政编码, 郵遞區號, 郵政編碼, 邮政代码",
        "language": "语言, 語言",
        "birthday": "生日, 出生日期, 出生年月*, 出生年月日",
        "website": "网站, 网址, 網站, 网页*, 公司网站*, 網址, 主页*, 官网*",
        "gender": "性别, 性別",
        "status": "订阅状态, 状态, 訂閱狀態, 狀態",
        "lead_score": "评分, 分数*, 线索评分, 評分, 得分*",
        "tags": "标签, 標籤, 客户标签, 分类**",
        "created_at": (
            "创建时间, 创建日期, 注册时间*, 注册日期*, 添加时间*, 建立時間, 建立日期, 加入时间*, "
            "註冊日期*, 订阅时间*, 加入日期*, 入会时间*, 添加日期*, 提交时间**"
        ),
        "updated_at": (
            "更新时间, 更新日期, 修改时间, 最后更新, 更新時間, 修改日期, 最后修改时间, 最近更新, 最后更新时间"
        ),
    },
    "ko": {
        "email": "이메일, 이메일 주소, 메일, 전자우편, 전자메일, 메일 주소, 이메일주소, e메일",
        "phone": (
            "전화번호, 전화, 휴대폰*, 휴대전화*, 연락처*, 휴대폰 번호*, 핸드폰*, 핸드폰 번호*, "
            "휴대전화 번호*, 유선전화*, 연락처 번호*, 휴대폰번호*, 전화 번호"
        ),
        "last_name": "성, 성씨",
        "full_name": "성명, 성함, 전체 이름, 고객명, 회원명, 실명*, 고객 이름, 참가자명",
        "name": "이름",
        "login": "사용자명, 아이디, 사용자 이름, 닉네임",
        "external_id": ("고객번호, 회원번호, 고객 id, 회원 id, 고객 번호, 회원 번호, 외부 id, 사번*, 학번*, 고객코드"),
        "company": ("회사, 회사명, 기업명, 소속*, 직장*, 조직*, 기관명*, 업체명, 기업, 단체명*, 직장명, 소속기관*"),
        "job_title": "직책, 직위, 직함, 직급*, 직업*, 직무*",
        "address": "주소, 도로명 주소, 상세주소**, 거주지*, 집 주소, 우편 주소, 거리*, 도로명주소",
        "city": "도시, 시, 시군구*",
        "state": "시도*, 도, 주",
        "country": "국가, 나라, 국가 코드*",
        "postal_code": "우편번호, 우편 번호",
        "language": "언어",
        "birthday": "생년월일, 생일, 출생일",
        "website": "웹사이트, 홈페이지, 웹 사이트",
        "gender": "성별",
        "status": "구독 상태, 상태, 수신 상태, 구독상태",
        "lead_score": "점수, 평점*, 리드 점수",
        "tags": "태그, 라벨*, 카테고리**",
        "created_at": (
            "생성일, 등록일, 가입일, 생성일시, 등록일시, 생성 일시, 가입 일자*, 등록 일자*, 가입일시*, "
            "타임스탬프**, 생성 날짜, 가입 날짜*"
        ),
        "updated_at": "수정일, 수정일시, 업데이트일, 최종 수정일, 변경일*, 수정 일시",
    },
    "ar": {
        "email": (
            "البريد الإلكتروني, البريد, بريد إلكتروني, الايميل, ايميل, عنوان البريد الإلكتروني, الإيميل, "
            "البريد الالكتروني"
        ),
        "phone": (
            "الهاتف, رقم الهاتف, هاتف, الجوال*, رقم الجوال*, الموبايل*, رقم الموبايل*, جوال*, "
            "الهاتف المحمول*, التليفون, رقم التليفون, تلفون, رقم التواصل*, موبايل*, الهاتف الجوال*"
        ),
        "first_name": "الاسم الأول",
        "last_name": "اسم العائلة, الاسم الأخير, اللقب*, الكنية*, العائلة*",
        "full_name": ("الاسم الكامل, الاسم بالكامل, اسم العميل, الاسم الثلاثي, اسم جهة الاتصال, الاسم الرباعي"),
        "name": "الاسم, اسم",
        "login": "اسم المستخدم",
        "external_id": "رقم العميل, معرف العميل, رقم العضوية, كود العميل",
        "company": "الشركة, اسم الشركة, شركة, المؤسسة, جهة العمل, المنظمة, المنشأة*",
        "job_title": "المسمى الوظيفي, الوظيفة, المنصب, المهنة*, الوظيفه",
        "address": "العنوان, عنوان, الشارع",
        "city": "المدينة, مدينة",
        "state": "المحافظة, الولاية, المنطقة*, الإقليم*",
        "country": "الدولة, البلد, دولة",
        "postal_code": "الرمز البريدي, رمز بريدي",
        "language": "اللغة",
        "birthday": "تاريخ الميلاد, تاريخ الولادة",
        "website": "الموقع الإلكتروني, الموقع*, موقع الويب",
        "gender": "الجنس, النوع**",
        "status": "حالة الاشتراك, الحالة",
        "tags": "الوسوم, وسوم, التصنيفات*, العلامات*",
        "created_at": ("تاريخ الإنشاء, تاريخ التسجيل*, تاريخ الإضافة*, تاريخ الاشتراك*, تاريخ الانضمام*, طابع زمني**"),
        "updated_at": "تاريخ التحديث, آخر تحديث, تاريخ التعديل, آخر تعديل",
    },
    "fa": {
        "email": "ایمیل, پست الکترونیک, آدرس ایمیل",
        "phone": "تلفن, شماره تلفن, موبایل*, شماره موبایل*, تلفن همراه*, شماره تماس",
        "last_name": "نام خانوادگی",
        "full_name": "نام کامل, نام و نام خانوادگی",
        "name": "نام",
        "company": "شرکت, نام شرکت, سازمان",
        "job_title": "سمت, شغل*",
        "address": "آدرس, نشانی",
        "city": "شهر",
        "state": "استان",
        "country": "کشور",
        "postal_code": "کد پستی",
        "birthday": "تاریخ تولد",
    },
    "he": {
        "email": "אימייל, דואר אלקטרוני, דואל, מייל, כתובת אימייל, כתובת מייל, דוא ל",
        "phone": "טלפון, מספר טלפון, נייד*, טלפון נייד*, סלולרי*, פלאפון*",
        "first_name": "שם פרטי",
        "last_name": "שם משפחה",
        "full_name": "שם מלא, שם לקוח*, איש קשר*",
        "name": "שם",
        "external_id": "מספר לקוח",
        "company": "חברה, שם חברה, שם החברה, ארגון",
        "job_title": "תפקיד",
        "address": "כתובת, רחוב",
        "city": "עיר, ישוב, יישוב",
        "country": "מדינה, ארץ",
        "postal_code": "מיקוד",
        "language": "שפה",
        "birthday": "תאריך לידה, יום הולדת",
        "website": "אתר, אתר אינטרנט",
        "gender": "מין, מגדר",
        "status": "סטטוס, סטטוס מנוי",
        "tags": "תגיות, תוויות",
        "created_at": "תאריך יצירה, תאריך הרשמה*, תאריך הצטרפות*",
        "updated_at": "תאריך עדכון, עודכן, עדכון אחרון",
    },
    "hi": {
        "email": "ईमेल, ई मेल, ईमेल पता, ईमेल आईडी, ईमेल एड्रेस, मेल",
        "phone": ("फ़ोन, फोन, फ़ोन नंबर, फोन नंबर, मोबाइल*, मोबाइल नंबर*, दूरभाष, संपर्क नंबर*, टेलीफोन, मोबाइल न*"),
        "first_name": "पहला नाम, प्रथम नाम",
        "last_name": "उपनाम, अंतिम नाम, कुलनाम, सरनेम",
        "full_name": "पूरा नाम, ग्राहक का नाम",
        "name": "नाम",
        "external_id": "ग्राहक संख्या, ग्राहक आईडी",
        "company": "कंपनी, संगठन, कंपनी का नाम, संस्था*",
        "job_title": "पद, पदनाम, नौकरी का शीर्षक",
        "address": "पता",
        "city": "शहर, नगर*",
        "state": "राज्य, प्रदेश*",
        "country": "देश",
        "postal_code": "पिन कोड, पिनकोड, डाक कोड",
        "language": "भाषा",
        "birthday": "जन्म तिथि, जन्मदिन, जन्मतिथि",
        "website": "वेबसाइट",
        "gender": "लिंग",
        "status": "सदस्यता स्थिति, स्थिति*",
        "tags": "टैग",
        "created_at": "निर्माण तिथि, पंजीकरण तिथि*, बनाया गया*",
        "updated_at": "अद्यतन तिथि, अपडेट किया गया*",
    },
    "id": {
        "email": "alamat email, surel, alamat surel, e mel, emel, alamat e mel",
        "phone": (
            "telepon, nomor telepon, no telepon, hp*?, no hp*, nomor hp*, nomor ponsel*, ponsel*, "
            "no telp, telp, telefon, nombor telefon, no telefon, handphone*, no whatsapp**"
        ),
        "first_name": "nama depan, nama pertama",
        "last_name": "nama belakang, nama akhir, nama keluarga",
        "full_name": "nama lengkap, nama penuh, nama pelanggan",
        "name": "nama",
        "login": "nama pengguna",
        "external_id": "id pelanggan, nomor pelanggan, nomor anggota, id anggota",
        "company": "perusahaan, nama perusahaan, syarikat, organisasi, instansi*, nama syarikat",
        "job_title": "jabatan, jawatan, pekerjaan*",
        "address": "alamat, jalan*, alamat rumah",
        "city": "kota, bandar, kabupaten kota*",
        "state": "provinsi, propinsi, negeri*",
        "country": "negara",
        "postal_code": "kode pos, poskod, kodepos",
        "language": "bahasa",
        "birthday": "tanggal lahir, tarikh lahir, ulang tahun",
        "website": "situs web, laman web, situs*",
        "gender": "jenis kelamin, jantina",
        "status": "status langganan",
        "created_at": (
            "dibuat pada, tanggal dibuat, tanggal daftar*, tanggal pendaftaran*, tarikh daftar*, bergabung*"
        ),
        "updated_at": "diperbarui pada, tanggal diperbarui, terakhir diperbarui",
    },
    "vi": {
        "email": "địa chỉ email, thư điện tử, hộp thư, e mail",
        "phone": "số điện thoại, điện thoại, sđt, di động*, số di động*, điện thoại di động*, đt, sdt",
        "first_name": "tên gọi*, tên riêng",
        "last_name": "họ?, họ và tên đệm*",
        "full_name": "họ và tên, họ tên, tên đầy đủ, tên khách hàng",
        "name": "tên?",
        "external_id": "mã khách hàng",
        "company": "công ty, tên công ty, tổ chức, doanh nghiệp",
        "job_title": "chức vụ, chức danh, nghề nghiệp*",
        "address": "địa chỉ",
        "city": "thành phố",
        "state": "tỉnh, tỉnh thành*",
        "country": "quốc gia, nước*",
        "postal_code": "mã bưu điện, mã bưu chính",
        "language": "ngôn ngữ",
        "birthday": "ngày sinh, sinh nhật",
        "website": "trang web",
        "gender": "giới tính",
        "created_at": "ngày tạo, ngày đăng ký*",
        "updated_at": "ngày cập nhật, cập nhật lần cuối",
    },
    "th": {
        "email": "อีเมล, อีเมล์, ที่อยู่อีเมล",
        "phone": "โทรศัพท์, เบอร์โทร, เบอร์โทรศัพท์, หมายเลขโทรศัพท์, มือถือ*, เบอร์มือถือ*",
        "last_name": "นามสกุล",
        "full_name": "ชื่อ นามสกุล, ชื่อเต็ม, ชื่อและนามสกุล",
        "name": "ชื่อ",
        "company": "บริษัท, ชื่อบริษัท, องค์กร",
        "job_title": "ตำแหน่ง, อาชีพ*",
        "address": "ที่อยู่",
        "city": "เมือง",
        "state": "จังหวัด",
        "country": "ประเทศ",
        "postal_code": "รหัสไปรษณีย์",
        "birthday": "วันเกิด",
        "gender": "เพศ",
    },
}
