"""Words that stand around a field's name in a header: whose it is, which of several, what kind.

A header names a field only if every word of it is accounted for: "Attendee's work email" is `email` and
two words known here; "Manager email" is not, since `manager` is not among them. What is not listed is
never mapped.
"""

from __future__ import annotations

from dataclasses import dataclass

from contact_pipelines.importing.columns.headers import words


def _set(text: str) -> frozenset[str]:
    return frozenset(word for part in text.split() for word in words(part))


PARTICLES = _set(
    """a an the of your my our s is what whats please enter provide in here and or de del della
    dell delle dello degli dei di du des d l le la les il lo el los las do da dos das o os
    as der die das des dem den ihr ihre ihren dein deine bitte von und votre vos su sus tu
    tuo tua suo sua seu sua uw je van het een en y e i og och ditt din deg vas vase twoj
    twoja pani pana podaj ваш ваша ваше का की के का"""
)
"""Words without a meaning of their own. Left out only if the header is not a field's name with them."""

LISTING = _set("and or und oder et ou y o e and en i och og и")
"""Particles that join two things: "name and company" is neither."""

BOOLEAN_STARTS = _set("""is has are was can does do did wants want should ist hat est sono tiene""")
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

PERSON = _set(
    """contact contacts person people customer customers client clients lead subscriber
    subscribers member members attendee participant user registrant respondent donor
    volunteer student patient applicant candidate employee staff invitee delegate prospect
    kontakt kontakte kunde kunden kundin teilnehmer teilnehmerin mitglied abonnent
    abonnenten benutzer person personne participant participante adherent membre abonne
    utilisateur contacto cliente clientes participante suscriptor miembro socio socia
    usuario persona asistente contatto partecipante iscritto membro utente contato assinante
    inscrito utilizador klant deelnemer lid abonnee contactpersoon klient klienta uczestnik
    uczestnika kontaktu zakaznik zakaznika ucastnik ucastnika kund deltagare medlem deltager
    kontaktperson musteri uye katilimci asiakas jasen ugyfel клиент клиента контакт контакта
    участник участника подписчик подписчика пользователя العميل المشترك العضو ग्राहक सदस्य
    고객 회원 참가자 참석자"""
)
"""The one whom the row is about."""

ID_WORDS = _set("""id ids number no nr num code key uid uuid guid identifier ref reference""")
"""With one word of PERSON before them: the person's identifier in another system."""

NUMBERS = _set("number no nr num code ref reference")
"""Those of ID_WORDS that beside "contact" may be a phone number."""

CJK_PERSON = (
    "お客様", "顧客", "会員", "参加者", "申込者", "客户", "客戶", "顾客", "会员", "會員", "学员",
    "参会人", "您的", "用户", "联系人", "聯絡人", "고객", "회원", "참가자", "참석자", "ご", "お",
)  # fmt: skip
"""The same where words are not parted by spaces: these begin the header."""

QUALIFIERS: tuple[Qualifier, ...] = (
    Qualifier("person", PERSON, _PERSONAL | _DATES, 0.93),
    Qualifier("first of several", _set(
        """1 01 primary main principal default haupt hauptsaechliche principale hoofd primaire
        primario glowny основной standard"""
    ), _PERSONAL, 0.98),
    Qualifier("second of several", _set(
        """2 3 4 5 6 02 03 alternate alternative secondary second third additional backup zweite
        zweites weitere andere altra secondaire segundo secundario secondario tweede alternativ
        dodatkowy druga"""
    ), _REACH, 0.5),
    Qualifier("its value", _set("value field column"), _PERSONAL | _DATES, 0.98),
    Qualifier("at work", _set(
        """work business office professional corporate job beruflich beruflicher geschaeftlich
        geschäftlich dienstlich buero büro arbeit travail bureau professionnel pro trabajo
        oficina laboral lavoro ufficio aziendale trabalho comercial escritorio werk zakelijk
        zakelijke praca sluzbowy jobb arbejde arbete рабочий"""
    ), _REACH | _PLACE, 0.9),
    Qualifier("at home", _set(
        """home private privat private prive personnel personnelle domicile personal particular
        casa privato personale pessoal residencial thuis prywatny domowy hem hjem домашний
        личный личная"""
    ), _REACH | _PLACE, 0.85),
    Qualifier("where post goes", _set(
        """mailing address addr postal residential residence correspondence location permanent
        current adresse indirizzo direccion endereco adres"""
    ), _PLACE | {"company"}, 0.88),
    Qualifier("for bills", _set(
        """billing invoice rechnung facturation facturacion fatturazione"""
    ),
              _NAMES | _REACH | _PLACE | {"company"}, 0.7),
    Qualifier("for parcels", _set("shipping delivery lieferung livraison envio spedizione"), _PLACE, 0.65),
    Qualifier("by law", _set("legal official"), _NAMES, 0.85),
)  # fmt: skip

SOMEBODY_ELSE = _set(
    """manager owner rep representative agent salesperson salesman seller vendor supervisor
    boss assistant secretary mother father mum mom mums moms dad dads parent parents
    guardian guardians sister brother sibling spouse partner husband wife son daughter child
    children kid kids family relative kin emergency ice referrer referee referral referred
    sender recruiter teacher coach doctor physician assigned assignee approver reviewer host
    organizer organiser team group company organization by creator author modifier
    beneficiary payer sponsor advisor adviser buddy friend roommate caregiver carer
    reporting vorgesetzter vorgesetzte besitzer inhaber kontoinhaber eltern mutter vater
    notfall notfallkontakt partner ehepartner betreuer bearbeiter verkaeufer kind kinder
    geschwister chef gerant proprietaire mere pere parents urgence conjoint responsable
    commercial enfant propietario dueno gerente madre padre emergencia conyuge vendedor hijo
    tutor proprietario genitore emergenza coniuge venditore figlio mae pai responsavel ouder
    ouders moeder noodcontact eigenaar kierownik matka ojciec rodzic opiekun wlasciciel
    менеджер владелец ответственный мать отец родитель руководитель 上司 保護者 緊急連絡先 紧急联系人 家长
    보호자 비상연락처 المدير"""
)
"""People other than the one the row is about: their names and addresses are never taken for the contact's."""

SECRETS = _set(
    """password passwort kennwort passphrase pwd passwd contrasena motdepasse senha wachtwoord
    haslo heslo losenord adgangskode passord parola sifre salasana jelszo пароль 密码 密碼 パスワード
    暗証番号 비밀번호 المرور पासवर्ड token secret secrets apikey otp totp mfa pin recovery cvv cvc
    ssn salt hash"""
)
"""What must never be kept, whatever the header says besides."""

SECRET_PHRASES = (
    "motdepasse", "apikey", "privatekey", "accesskey", "securityquestion", "securityanswer",
    "twofactor", "2fa", "codigosecreto", "socialsecurity", "creditcard", "cardnumber", "密码",
    "密碼", "パスワード", "비밀번호", "password", "passwort", "kennwort",
)  # fmt: skip

CONSENT_PHRASES = (
    "optout", "optin", "optedout", "optedin", "unsubscribe", "donotemail", "donotcontact",
    "donotcall", "donotmail", "acceptsmarketing", "acceptsemailmarketing", "acceptsemail",
    "marketingconsent", "emailconsent", "emaildisabled", "emailoptout", "gdpr", "dsgvo", "rgpd",
    "einwilligung", "abgemeldet", "abbestellt", "desabonne", "desinscrit", "consentement",
    "consentimiento", "consenso", "consentimento", "disiscritto", "bajaemail", "werbesperre",
    "marketingpermission", "newsletterconsent", "marketingoptin", "suppressed", "отписан",
    "отписка", "配信停止", "退订", "退訂", "수신거부", "수신동의", "afgemeld", "uitgeschreven",
    "avregistrerad", "afmeldt",
)  # fmt: skip
"""Parts of headers that say whether somebody opted out. Which way round is for a person to say."""

CONSENT_WORDS = _set(
    """subscribed issubscribed unsubscribed active isactive enabled disabled inactive aktiv
    actif activo attivo ativo actief aktywny consent newsletter abonniert abonne suscrito
    iscritto inscrito bounced blocked blacklisted subscription activesubscription marketing
    aktif активен"""
)
"""The same, where they are the whole header."""

BUSINESS_OF_ITS_OWN = _set(
    """order orders invoice payment ticket event deal opportunity campaign shipment lead task
    booking plan approval project case issue transaction bestellung commande pedido ordine
    evento veranstaltung zamowienie 订单"""
)
"""Beside one of these a bare "Status" is likely theirs, not consent."""
