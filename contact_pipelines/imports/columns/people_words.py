"""Words for people in a header: the one whom the row is about, and everybody else."""

# ruff: noqa: RUF001 - letters of many alphabets look like those of others

from __future__ import annotations

from collections.abc import Collection

from contact_pipelines.imports.columns.headers import word_set

ROLES = word_set(
    """rechnungsempfänger guest guests buyer buyers purchaser requester requestor booker submitter insured
    policyholder backer pledger recipient lead leads kaeufer käufer besteller auftraggeber gast gaeste gäste
    acheteur commanditaire comprador huesped huespedes titular acquirente ospite ospiti compratore hospede
    koper kjoper kober kopare gosc goscie nabywca zamawiajacy vendeg покупатель заказчик гость гостя
    покупателя ضيف الضيف gaste gasts misafir misafirin hosta hostu musafir oaspete gjest gjesten gasten
    vieras vieraan επισκέπτη επισκέπτης האורח אורח käufers bestellers acheteurs compradora kupujacego
    objednatele rendelo cumparator kjøper køber ostaja"""
)
"""People whom only some files are about. Beside columns of a contact without such a word they are somebody else."""

PERSON = (
    ROLES
    | word_set(
        """contact contacts person people customer customers client clients subscriber subscribers member members
    attendee participant user registrant respondent donor volunteer student patient applicant candidate
    employee staff invitee delegate prospect kontakt kontakte kunde kunden kundin teilnehmer teilnehmerin
    mitglied abonnent abonnenten benutzer personne participante adherent membre abonne utilisateur contacto
    cliente clientes suscriptor miembro socio socia usuario persona asistente contatto partecipante iscritto
    membro utente contato assinante inscrito utilizador klant deelnemer lid abonnee contactpersoon klient
    klienta uczestnik uczestnika kontaktu zakaznik zakaznika ucastnik ucastnika kund deltagare medlem
    deltager kontaktperson musteri uye katilimci asiakas jasen ugyfel клиент клиента контакт контакта
    участник участника подписчик подписчика пользователя العميل المشترك العضو ग्राहक सदस्य 고객 회원 참가자
    참석자 passenger traveller traveler resident alumni alumnus pupil player visitor supporter constituent
    follower reader trainee learner fan voter parishioner signer worker associate mitarbeiter mitarbeiterin
    patientin besucher schueler schuelerin spender studierende studierender bewerber interessent mitglieds
    kontakts etudiant etudiante patiente adherente salarie salariee employe donateur visiteur eleve empleado
    empleada alumno alumna paciente estudiante visitante donante afiliado abonado postulante studente
    studentessa paziente dipendente donatore visitatore tesserato aluno aluna estudante funcionario doador
    medewerker leerling bezoeker pracownik pracownika pacjent pacjenta czlonek czlonka darczynca subskrybent
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
    కస్టమర్ طالب علم گاہک mwanafunzi mteja hasta ziyaretci yolcu tenant tenants inquilino inquilina
    locataire mieter mieterin adopter speaker affiliate pax bidder investor shareholder cardholder licensee
    lessee renter hirer borrower debtor claimant householder farmer grower rider swimmer dancer singer
    camper scout athlete competitor contestant entrant exhibitor presenter panelist listener viewer tester
    petitioner signatory complainant caller enquirer inquirer correspondent awardee grantee scholar intern
    cadet veteran retiree pensioner freelancer contractor consultant translator mentee tourist hiker pilgrim
    golfer cyclist runner racer walker intestatario intestataria candidato candidata titulaire souscripteur
    assure assuree sociétaire locatario locataria produtor segurado asegurado asegurada arrendatario
    voluntarios huurder huurders kursist kiraci kiralayan yolcular berlo latogato ubezpieczony najemca
    rezerwujacy kursant kursanta hyresgast leietaker lejer vuokralainen υποψήφιος υποψηφίου μισθωτής
    ενοικιαστής εκπαιδευόμενος страхователь страхователя туриста турист заявитель заявителя квартирант жилец
    вкладчик חניך מתנדב המתנדב דייר הדייר المتطوع المستأجر المسافر यात्री"""
    )
    | frozenset(
        stem + ending
        for stem in word_set(
            """пациент пацієнт клиент клієнт участник учасник студент абонент подписчик підписник слухач арендатор
    орендар кандидат житель мешканець pacient klient student abonent kandidat uczestnik zakaznik zamestnanc
    ucastnik"""
        )
        for ending in ("", "а", "у", "ом", "ів", "ов", "и", "a", "u", "i", "y", "ovi", "em", "e")
    )
)
"""The one whom the row is about."""

ID_WORDS = word_set(
    """id ids number no nr num code key uid uuid guid identifier ref reference cod codigo codice kod kodu kodas
    numero nummer numer numar cislo stevilka broj szam nro n identifiant identificador identificativo
    identifikator kennung номер код ид رقم كود معرف کد شماره מספר מס קוד क्रमांक संख्या आईडी"""
)
"""With one word of PERSON beside them: the person's identifier in another system."""

NUMBERS = word_set("number no nr num code ref reference")
"""Those of ID_WORDS that beside "contact" may be a phone number."""

CJK_PERSON = (
    "契約者", "申請者", "受験者", "入居者", "受験生", "講習者", "出席者", "依頼者", "游客", "遊客", "旅客", "乘客",
    "业主", "租客",
    "考生", "病人", "投保人", "申请人", "申請人", "입주민", "세대주", "수강생", "수험생", "임차인", "계약자", "지원자",
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

NOT_THE_PERSON = ROLES | word_set("billing invoice rechnung facturation facturacion fatturazione account")
"""Beside a name without such a word, a name with it is not the contact's: "Billing name", "Buyer name"."""

SOMEBODY_ELSE = word_set(
    """manager owner rep representative agent salesperson salesman seller vendor supervisor boss assistant
    secretary mother father mum mom mums moms dad dads parent parents guardian guardians sister brother
    sibling spouse partner husband wife son daughter child children kid kids family relative kin emergency
    ice referrer referee referral referred sender recruiter teacher coach doctor physician assigned assignee
    approver reviewer host organizer organiser team group company organization by creator author modifier
    beneficiary payer sponsor advisor adviser buddy friend roommate caregiver carer grandma grandpa
    grandmother grandfather grandparent aunt uncle nanny babysitter neighbour neighbor cousin fiance
    colleague coworker accompanist oma opa grosseltern tante onkel nachbar kollege bonne nounou voisin
    collegue abuela abuelo abuelos tia tio vecino nonna nonno zia zio vicino collega avo avó vizinho colega
    oppas buurman babcia dziadek sasiad wychowawczyni бабушка дедушка няня сосед коллега супруг супруга муж
    жена сын дочь ребенок ребенка дитина дитини жінка чоловік opiekuna opiekunem szef szefa nadrizeny
    vedouci fonok vezeto sef nadredeny veli velisi anne baba esi kardes mudur amir valideri tecaj vaarnemend
    huoltaja huoltajan esimies forelder foresatt foresatte vardnadshavare foralder chefen leder forraedre
    vaerge szulo anyja apja gyam parinte parintelui tutore rodic rodice rodica roditelj roditelja skrbnik
    staratelj γονέα γονέας κηδεμόνα μητέρα πατέρα υπεύθυνος أب أم والد والدة ولي زوج زوجة المدير مدير אמא
    אבא הורה הורים מנהל בן בת زوجه پدر مادر همسر ولی مدیر सरपरस्त माता पिता अभिभावक शिक्षक पति पत्नी phụ
    huynh bố mẹ chồng vợ wali ayah ibu orangtua istri suami atasan ผู้ปกครอง บิดา มารดา หัวหน้า 家属 家屬
    父亲 母亲 爸爸 妈妈 监护人 監護人 配偶 上级 经理 經理 推荐人 推薦人 紹介者 父 母 配偶者 家族 부모 어머니
    아버지 배우자 추천인 班主任 主任 店长 负责人 校长 院长 律师 教练 导师 司机 快递员 中介 经纪人 领队 爷爷
    奶奶 卖家 賣家 主治医 講師 コーチ 弊社担当 営業担当 上長 親権者 家主 運転手 出品者 교수 강사 코치 임대인
    집주인 판매자 담임교사 ครู แพทย์ หมอ พ่อ แม่ ผู้จัดการ เจ้าของ พนักงานขาย ผู้แนะนำ ผู้ขาย investigator
    examiner examinator clerk receptionist coordinator koordinator coordinador coordinateur coordinatore
    coordenador agente agentes agenti conseiller clerc notaire temsilci oktato εξεταστής egzaminator
    examinador recepcionista guide guia guida tecnico moderator landlord landlady guarantor cosigner
    coapplicant dpo controller nominee honoree csm driver courier technician installer lender broker
    underwriter solicitor attorney lawyer notary officer instructor lecturer professor vet veterinarian
    dentist pediatrician paediatrician therapist nurse surgeon gp nok executor trustee witness chaperone
    interpreter inspector dispatcher caseworker canvasser admin administrator operator vermieter buerge
    bürge makler arzt hausarzt lehrer lehrerin klassenlehrer klassenlehrerin trainer steuerberater medecin
    professeur enseignant bailleur garant avocat moniteur medico profesor profesora maestro maestra abogado
    arrendador avalista fiador asesor insegnante docente avvocato locatore garante professora corretor
    locador advogado leraar docent huisarts verhuurder makelaar nauczyciel wychowawca lekarz wynajmujacy
    учитель учителя врач врача преподаватель преподавателя тренер тренера риелтор арендодатель поручитель
    куратор курьер курьера водитель водителя лікар вчитель тренерка 老师 老師 医生 醫生 房东 房東 担保人
    销售 業務員 业务员 医師 大家 保証人 教師 교사 의사 보증인 معلم المعلم طبيب الطبيب مندوب المندوب كفيل
    reporting vorgesetzter vorgesetzte besitzer inhaber kontoinhaber eltern mutter vater notfall
    notfallkontakt ehepartner betreuer bearbeiter verkaeufer kind kinder geschwister chef gerant
    proprietaire mere pere urgence conjoint responsable commercial enfant propietario dueno gerente madre
    padre emergencia conyuge vendedor hijo tutor proprietario genitore emergenza coniuge venditore figlio
    mae pai responsavel ouder ouders moeder noodcontact eigenaar kierownik matka ojciec rodzic opiekun
    wlasciciel менеджер владелец ответственный мать отец родитель руководитель 上司 保護者 緊急連絡先
    紧急联系人 家长 보호자 비상연락처"""
)
"""People other than the one the row is about: their names and addresses are never taken for the contact's."""

BELONGINGS = word_set(
    """pet pets animal species breed dog cat horse device devices vehicle car vin plate boat property parcel
    plot unit apartment flat house haustier tier hund katze pferd fahrzeug kennzeichen wohnung chien cheval
    vehicule mascota especie raza vehiculo matricula coche animale veicolo targa razza raca veiculo placa
    huisdier kenteken zwierze pojazd кличка порода питомец автомобиль квартира участок 宠物 车辆 车牌 ペット
    車両 반려동물 차량"""
)
"""Things that have an owner. In a file about these, the owner is the contact; elsewhere it is an account's owner."""

OWNERS = word_set(
    """owner owners besitzer halter inhaber proprietaire propietario dueno proprietario eigenaar wlasciciel
    владелец хозяин"""
)
"""Those of SOMEBODY_ELSE who own such things."""

SELLERS = word_set(
    """seller sellers vendor verkaeufer verkäufer vendeur vendedor venditore verkoper sprzedawca продавец
    продавца satici saticinin prodavajici elado vanzator"""
)
"""Beside such a one with an address, in a file about property or cars, the buyer is not the contact for certain."""

_HUMAN_STEMS = (
    "patient", "student", "pupil", "child", "resident", "tenant", "employee", "staff", "candidate", "applicant",
    "patiënt", "schuler", "schüler", "schueler", "mitarbeiter", "bewohner", "mieter", "eleve", "etudiant", "salarie",
    "locataire", "pacient", "paziente", "alumn", "alunn", "aluno", "aluna", "estudiante", "estudante", "studente",
    "empleado", "empleada", "inquilin", "dipendent", "funcionari", "leerling", "medewerker", "bewoner", "pacjent",
    "uczen", "ucznia", "pracownik", "hasta", "ogrenci", "calisan", "zak", "elev", "tanulo", "beteg", "potila",
    "opiskelija", "пациент", "пацієнт", "ученик", "учень", "учня", "студент", "слушател", "сотрудник", "співробітник",
    "жилец", "жильца", "המטופל", "התלמיד", "المريض", "الطالب", "الموظف", "मरीज", "छात्र", "রোগী", "শিক্ষার্থী",
)  # fmt: skip


def of_human(parts: Collection[str]) -> bool:
    """Whether a header is about somebody who is never a company: patient, pupil, employee, tenant."""
    return any(part.startswith(_HUMAN_STEMS) for part in parts)


_CONTACT_STEMS = ("contact", "kontakt", "contat", "contatto", "ansprechpartner", "контакт", "επαφη", "iletisim")


def of_contact(parts: Collection[str]) -> bool:
    """Whether a header names the one to be asked for: in most files the contact, beside a patient somebody else."""
    return any(part.startswith(_CONTACT_STEMS) for part in parts)


CONTACT_PARTS = word_set(
    """contact contacts contacto contato contatto kontakt kontaktu kontaktowy контакт связи зв'язку звязку
    επικοινωνίας"""
)
"""Words of "address for contact" in languages whose words for the contact they are as well."""
