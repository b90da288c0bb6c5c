"""Words that stand around a field's name in a header: whose it is, which of several, what kind.

A header names a field only if every word of it is accounted for: "Attendee's work email" is `email` and
two words known here; "Manager email" is not, since `manager` is not among them. What is not listed is
never mapped.
"""

from __future__ import annotations

from dataclasses import dataclass

from contact_pipelines.importing.columns.headers import phrase_set, word_set

PARTICLES = word_set(
    """a an the of your my our s is what whats please enter provide in here and or de del della dell delle
    dello degli dei di du des d l le la les il lo el los las do da dos das o as der die dem den ihr ihre
    ihren dein deine bitte von und votre vos su sus tu tuo tua suo sua seu uw je van het een en y e i og och
    ditt din deg vas vase twoj twoja pani pana podaj ваш ваша ваше का की के"""
)
"""Words without a meaning of their own. Left out only if the header is not a field's name with them."""

LISTING = word_set("and or und oder et ou y o e and en i och og и")
"""Particles that join two things: "name and company" is neither."""

NO_FIELDS = phrase_set(
    "email client, mail client, email clients, email user agent, phone user agent, street number, house number"
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

ROLES = word_set(
    """guest guests buyer buyers purchaser requester requestor booker submitter insured policyholder backer
    pledger recipient lead leads kaeufer käufer besteller auftraggeber gast gaeste gäste acheteur
    commanditaire comprador huesped huespedes titular acquirente ospite ospiti compratore hospede koper
    kjoper kober kopare gosc goscie nabywca zamawiajacy vendeg покупатель заказчик гость гостя покупателя
    ضيف الضيف gaste gasts misafir misafirin hosta hostu musafir oaspete gjest gjesten gasten vieras vieraan
    επισκέπτη επισκέπτης האורח אורח käufers bestellers acheteurs compradora kupujacego objednatele rendelo
    cumparator kjøper køber ostaja"""
)
"""People whom only some files are about. Beside columns of a contact without such a word they are somebody else."""

PERSON = ROLES | word_set(
    """contact contacts person people customer customers client clients subscriber subscribers member members
    attendee participant user registrant respondent donor volunteer student patient applicant candidate
    employee staff invitee delegate prospect kontakt kontakte kunde kunden kundin teilnehmer teilnehmerin
    mitglied abonnent abonnenten benutzer personne participante adherent membre abonne utilisateur contacto
    cliente clientes suscriptor miembro socio socia usuario persona asistente contatto partecipante iscritto
    membro utente contato assinante inscrito utilizador klant deelnemer lid abonnee contactpersoon klient
    klienta uczestnik uczestnika kontaktu zakaznik zakaznika ucastnik ucastnika kund deltagare medlem
    deltager kontaktperson musteri uye katilimci asiakas jasen ugyfel клиент клиента контакт контакта
    участник участника подписчик подписчика пользователя العميل المشترك العضو ग्राहक सदस्य 고객 회원 참가자 참석자
    passenger traveller traveler resident alumni alumnus pupil player visitor supporter constituent follower
    reader trainee learner fan voter parishioner signer worker associate mitarbeiter mitarbeiterin patientin
    besucher schueler schuelerin spender studierende studierender bewerber interessent mitglieds kontakts
    etudiant etudiante patiente adherente salarie salariee employe donateur visiteur eleve empleado empleada
    alumno alumna paciente estudiante visitante donante afiliado abonado postulante studente studentessa
    paziente dipendente donatore visitatore tesserato aluno aluna estudante funcionario doador medewerker
    leerling bezoeker pracownik pracownika pacjent pacjenta czlonek czlonka darczynca subskrybent
    subskrybenta odbiorca studenta clen clena zamestnanec medlemmar anstalld elev medarbejder ansatt kupca
    clana korisnik korisnika polaznik participantului membru membrului angajat musterinin uyenin ogrenci
    calisan kisi ugyfelnek resztvevo пациент пациента сотрудник сотрудника ученик студента студент
    пользователь абонент участница клієнт клієнта учасник учасника підписник пацієнт الطالب الموظف المريض
    المشارك الزبون مشتری عضو کاربر विद्यार्थी छात्र छात्रा आवेदक प्रतिभागी व्यक्ति मरीज রোগী ছাত্র গ্রাহক
    সদস্য শিক্ষার্থী pelanggan anggota peserta siswa karyawan pasien לקוח חבר תלמיד מטופל עובד משתתף πελάτη
    μέλους πελάτης μέλος patron patrons attendees ucznia uczen pacjentki kandydat kandydata pracownicy
    uczennicy abonent абонента ученика ученицы учащегося слушателя посетителя кандидата соискателя пассажира
    учня відвідувача abonenin ogrencinin hastanin adayin aday calisanin kullanici abone katilimcinin
    pacienta zamestnance navstevnika uchazece uchazec studentky tanulo diak beteg jelentkezo elevului
    studentului clientului pacientului μαθητή φοιτητή ασθενή συμμετέχοντα μαθητής asiakkaan jasenen
    osallistujan osallistuja opiskelijan opiskelija potilaan potilas kundens medlemmens medlemmets
    deltagarens deltagerens elevens patientens schuelers schülers schüler teilnehmers patienten bewerbers
    mitarbeiters inscrit inscrits invite stagiaire licencie licenciee allievo allieva alunno alunna corsista
    volontario volontaria voluntario voluntaria benevole freiwilliger freiwillige apprenant apprenante
    cursist patiënt للطالب للعميل للمشترك للمشارك للموظف للمريض للعضو المتدرب المتقدم الضيف الزائر התלמיד
    המטופל הלקוח החבר המשתתף ग्राहकों अभ्यर्थी উপভোক্তা વિદ્યાર્થી ગ્રાહક மாணவர் வாடிக்கையாளர் విద్యార్థి
    కస్టమర్ طالب علم گاہک mwanafunzi mteja"""
)
"""The one whom the row is about."""

ID_WORDS = word_set(
    """id ids number no nr num code key uid uuid guid identifier ref reference cod codigo codice kod kodu kodas numero
    nummer numer numar cislo stevilka broj szam nro n identifiant identificador identificativo identifikator kennung
    номер код ид رقم كود معرف کد شماره מספר מס קוד क्रमांक संख्या आईडी"""
)
"""With one word of PERSON beside them: the person's identifier in another system."""

NUMBERS = word_set("number no nr num code ref reference")
"""Those of ID_WORDS that beside "contact" may be a phone number."""

CJK_PERSON = (
    "お客様", "お客さま", "顧客", "会員", "参加者", "申込者", "生徒", "学生", "患者", "社員", "従業員", "受講者",
    "ユーザー", "利用者", "来場者", "応募者", "登録者", "客户", "客戶", "顾客", "会员", "會員", "学员", "參加者",
    "参会人", "参会者", "报名人", "您的", "用户", "用戶", "联系人", "聯絡人", "员工", "員工", "學生", "고객",
    "회원", "참가자", "참석자", "학생", "환자", "직원", "신청자", "참여자", "ご", "お",
)  # fmt: skip
"""The same where words are not parted by spaces: these begin the header."""

CJK_ROLES = (
    "購入者", "注文者", "ご注文者", "予約者", "宿泊者", "购买人", "买家", "買家", "客人", "住客", "구매자",
    "주문자", "예약자", "투숙객",
)  # fmt: skip
"""Those of ROLES."""

QUALIFIERS: tuple[Qualifier, ...] = (
    Qualifier("person", PERSON, (_PERSONAL | _DATES) - {"region_or_status"}, 0.93),
    Qualifier("first of several", word_set(
        """1 01 primary main principal default haupt hauptsaechliche principale hoofd primaire
        primario glowny основной standard"""
    ), _PERSONAL, 0.98),
    Qualifier("second of several", word_set(
        """2 3 4 5 6 02 03 alternate alternative secondary second third additional backup zweite
        zweites weitere andere altra secondaire segundo secundario secondario tweede alternativ
        dodatkowy druga other otro otra autre altro outro andere annen annan inny jiny drugi другой дополнительный
        alternativo alternativa alternatif vara reserve zusaetzliche zusätzliche 备用 予備 다른"""
    ), _REACH, 0.5),
    Qualifier("its value", word_set("value field column"), _PERSONAL | _DATES, 0.98),
    Qualifier("at work", word_set(
        """work business office professional corporate job beruflich beruflicher geschaeftlich
        geschäftlich dienstlich buero büro arbeit travail bureau professionnel pro trabajo
        oficina laboral lavoro ufficio aziendale trabalho comercial escritorio werk zakelijk
        zakelijke praca sluzbowy jobb arbejde arbete рабочий"""
    ), _REACH | _PLACE, 0.9),
    Qualifier("at home", word_set(
        """home private privat private prive personnel personnelle domicile personal particular
        casa privato personale pessoal residencial thuis prywatny domowy hem hjem домашний
        личный личная"""
    ), _REACH | _PLACE, 0.72),
    Qualifier("its line", word_set("direct desk daytime day evening mobile cell landline fixed hq"),
              frozenset({"phone"}), 0.9),
    Qualifier("preferred", word_set("preferred best bevorzugte preferee preferido preferita current physical"),
              _REACH | _PLACE, 0.92),
    Qualifier("now", word_set("current present actual aktuell actuel actuelle attuale huidig aktualny"),
              frozenset({"company", "job_title"}) | _PLACE, 0.95),
    Qualifier("its record", word_set("account profile record konto profil compte cuenta conto"), _DATES, 0.9),
    Qualifier("its zone", word_set("utc gmt 0 est cet pst local"), _DATES, 0.97),
    Qualifier("where post goes", word_set(
        """mailing mail address addr postal residential residence correspondence location permanent adresse
        indirizzo direccion endereco adres"""
    ), _PLACE | {"company"}, 0.88),
    Qualifier("for bills", word_set(
        """billing invoice rechnung facturation facturacion fatturazione"""
    ),
              _NAMES | _REACH | _PLACE | {"company"}, 0.7),
    Qualifier("for parcels", word_set("shipping delivery lieferung livraison envio spedizione"), _PLACE, 0.65),
    Qualifier("by law", word_set("legal official"), _NAMES, 0.85),
)  # fmt: skip

NOT_THE_PERSON = ROLES | word_set("billing invoice rechnung facturation facturacion fatturazione account")
"""Beside a name without such a word, a name with it is not the contact's: "Billing name", "Buyer name"."""

PLACE_LEVELS = word_set("state province region county territory prefecture republic district department canton or and")
"""Names of one level of places. A header that lists only these is a state: "State/Province/Region"."""

SOMEBODY_ELSE = word_set(
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

BUSINESS_OF_ITS_OWN = word_set(
    """event events deal deals opportunity campaign shipment task tasks plan approval project case issue txn
    confirmation listing listings listed earnings amount gross pledge sku quantity qty price arrival departure rsvp
    policy course enrollment application property delinquent evento veranstaltung"""
)
"""Beside one of these a bare "Status" is likely theirs, not consent."""

BUSINESS_STEMS = (
    "order", "invoice", "payment", "ticket", "booking", "booked", "reservation", "transaction",
    "donation", "receipt", "checkin", "refund", "requester", "bestell", "auftrag", "rechnung",
    "buchung", "zahlung", "commande", "reserva", "reservacion", "facture", "factura", "paiement",
    "billet", "pedido", "pago", "ordine", "prenotaz", "fattur", "pagamento", "encomenda", "boeking",
    "betaling", "bestelling", "zamowien", "rezerwac", "platnos", "faktur", "objednav", "rezervac",
    "platba", "megrendel", "foglalas", "comanda", "rezervare", "plata", "narudz", "rezervasyon",
    "siparis", "odeme", "bestall", "bokning", "betalning", "ordre", "tilaus", "varaus", "pesanan",
    "pembayaran", "заказ", "брон", "оплат", "сделк", "заявк", "счет", "замовл", "поръчк", "παραγγελ",
    "κράτησ", "πληρωμ", "订单", "訂單",
    "支付", "付款", "预订", "預訂", "預約", "注文", "予約", "支払", "決済", "주문", "예약",
    "결제", "الطلب", "الحجز", "الدفع", "הזמנה", "תשלום", "đơn hàng", "đặt phòng", "ऑर्डर", "भुगतान",
    "คำสั่งซื้อ", "การจอง",
)  # fmt: skip
"""The same as beginnings of words, for languages that compound or inflect them."""
