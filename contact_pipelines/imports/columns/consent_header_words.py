"""The words of headers that tell consent, in the large languages: data of `consent_headers`.

Each list holds parts of words, folded and written without spaces: `unsub` finds `unsubscribed_at`. A part that
is in Latin letters counts from the beginning of a word on.
"""

from __future__ import annotations

import re

from contact_pipelines.imports.columns.headers import compact, word_set, words


class Parts:
    """A list of parts of words, found in a header's words."""

    def __init__(self, text: str) -> None:
        """Fold the parts of `text`, which are separated by commas."""
        folded = sorted({words(part) for part in text.split(",")}, key=lambda part: -len(compact(part)))
        self._others = tuple(compact(part) for part in folded if not compact(part).isascii())
        latin = "|".join(" ?".join(part) for part in folded if compact(part).isascii())  # opt out = optout
        self._latin = re.compile(rf"(?:^| )(?:{latin})[^ ]*")

    def rest(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the words without the first part that is found; None if none is."""
        text = " ".join(parts)
        left_over, found = self._latin.subn(" ", text, count=1)
        if found:
            return tuple(left_over.split())
        joined = compact(parts)
        other = next((part for part in self._others if part in joined), None)
        return None if other is None else tuple(joined.replace(other, " ", 1).split())


LEFT = Parts(
    """unsub, opt out, opted out, opts out, opting out, no mail, no email, no emails, no marketing, no newsletter,
    do not email, dont email, do not market, do not send, do not solicit, email disabled, disable email,
    emails disabled, email blocked, email suppress, suppress, block list, black list, not subscribed,
    abgemeldet, abmelde, abbestell, ausgetragen, werbesperre, mailsperre, sperrliste, kein newsletter, keine werbung,
    keine email, nicht abonniert, nicht anschreiben, desabonn, desinscri, ne pas contacter par email, ne pas envoyer,
    pas de newsletter, pas de mail, liste noire, desuscri, dado de baja, cancelacion de suscripcion, baja email,
    baja newsletter, no enviar, lista negra, anulo suscripcion, disiscri, cancellato dalla newsletter, non inviare,
    lista nera, descadastr, cancelou inscricao, cancelou assinatura, nao enviar, cancelamento de inscricao,
    uitgeschreven, uitschrijv, afgemeld, afmeld, geen nieuwsbrief, wypisan, wypisal, odhlasen, odhlasit, leiratkoz,
    dezabon, avregistrer, avprenumerer, avmeld, frameldt, tilauksen peru, abonelik iptal, abonelikten ayril, odjavljen,
    atsisak, loobun, berhenti berlangganan, huy dang ky, ne abonuj,
    отписан, отписал, отписк, отказ от рассыл, відписан, відписк, отписано,
    退订, 退訂, 取消订阅, 取消訂閱, 配信停止, 購読解除, 配信解除, メルマガ解除, 수신거부, 구독취소, 구독해지,
    إلغاء الاشتراك, הוסר מרשימ, הסרה מרשימ, הסר מרשימ"""
)
"""Who is marked here has left: yes, or a date, means unsubscribed."""

AGREED = Parts(
    """opt in, opted in, opts in, accepts marketing, accept marketing, accepts email, accepts emails, accept email,
    accepts newsletter, accept newsletter, marketing consent, email marketing consent, email consent, consent email,
    consent to email, consent to marketing, consent marketing, consent newsletter, newsletter consent,
    marketing permission, email permission, permission to email, permission to market, allows marketing,
    allow marketing, allow email, allows email, agree to marketing, agrees to marketing, agreed to marketing,
    receive marketing, receives marketing, receive email, receives email, receive emails, receives emails,
    receive newsletter, receives newsletter, wants newsletter, wants email, wants emails, wants marketing,
    is subscribed, subscribed to email, subscribed to newsletter, subscribed to the newsletter,
    subscribed to marketing, newsletter subscribed, email subscribed, subscribed newsletter, can contact by email,
    contact by email, can email, ok to email, mailing list consent, newsletter agreement, send marketing,
    send newsletter, akzeptiert email marketing, akzeptiert marketing, werbeeinwilligung, newsletter einwilligung,
    email einwilligung, einwilligung email, einwilligung werbung, einwilligung newsletter, werbeerlaubnis,
    werbung erlaubt, newsletter erlaubt, newsletter abonniert, marketing einwilligung,
    newslettereinwilligung, marketingeinwilligung, einwilligung zum newsletter, einwilligung zu email,
    accepte email, accepte marketing, accepte la newsletter, accepte les email, accepte newsletter,
    accepte le marketing, accepte de recevoir, consentement email, consentement marketing, consentement newsletter,
    accepte recevoir, inscrit newsletter, inscrit a la newsletter, abonne newsletter, abonne a la newsletter,
    acepta marketing, acepta email, acepta recibir, acepta publicidad, acepta correo, acepta el marketing,
    consentimiento marketing, consentimiento de marketing, consentimiento email, acepta boletin,
    suscrito al boletin, suscrito newsletter, quiere recibir, autoriza email,
    consenso marketing, consenso newsletter, consenso email, accetta marketing, accetta email, accetta il marketing,
    iscritto newsletter, iscritto alla newsletter, aceita marketing, aceita receber, aceita email,
    consentimento marketing, consentimento de marketing, consentimento email, inscrito newsletter,
    accepteert marketing, accepteert email, toestemming email, toestemming marketing, toestemming nieuwsbrief,
    zgoda marketingowa, zgoda na marketing, zgoda na email, zgoda mailing, zgoda na newsletter, zgoda email,
    souhlas s marketing, souhlas se zasilanim, souhlas s newsletter, marketing hozzajarul, hirlevel hozzajarul,
    acord marketing, consimtamant marketing, godkanner marketing, godkanner nyhetsbrev,
    samtycke marknadsforing, accepterer markedsforing, samtykke markedsforing, samtykke til markedsforing,
    markedsforingssamtykke, markkinointilupa, suoramarkkinointilupa, eposta izni, email izni, ticari ileti izni,
    privolazamarketing, privola za marketing, privola za newsletter,
    согласие на рассылк, согласие на маркетинг, согласие на реклам, подписан на рассылк, разрешено отправлять,
    згода на розсилк, згода на маркетинг, 同意接收, 订阅邮件, 同意收信, メール受信許可, メール配信許可, 配信許可,
    이메일수신동의, 메일수신동의, 마케팅수신동의, 마케팅동의, 광고수신동의, الموافقة على التسويق, الموافقة على البريد"""
)
"""Who says yes here wants mail from us, who says no does not."""

AGREED_IF_VALUES = Parts(
    """subscribed, subscribe, newsletter, abonniert, angemeldet, abonne, inscrit, suscrito, suscripto, boletin,
    iscritto, inscrito, assinante, nieuwsbrief, ingeschreven, aangemeld, biuletyn, zapisany, hirlevel, feliratkozott,
    buletin, abonat, nyhetsbrev, nyhedsbrev, uutiskirje, bulten, ebulten, abone, odber novinek, odber newsletteru,
    odberatel, odoberanie, infolettre, lettre d information, marketing, mailing list, join mailing list, rundbrief,
    email marketing, рассылка, рассылке, подписка, подписан, розсилка, абониран, бюлетин, ενημερωτικό δελτίο,
    メルマガ, メールマガジン, ニュースレター, 購読, 订阅, 訂閱, 电子报, 電子報, 뉴스레터, 구독,
    النشرة, ניוזלטר, langganan,
    dang ky, จดหมายข่าว"""
)
"""The same if the column's values are yes and no: else it may be a list's name, a date, or something else."""

BOUNCED = Parts(
    """bounced, hard bounced, email bounced, email is bad, email invalid, invalid email, bad email, marked as spam,
    marked email as spam, reported spam, complained, hard bounce, bounced hard, unzustellbar, npai"""
)
"""Yes means that mail to this address cannot or must not be sent. A number is a count of bounces."""

UNCLEAR = Parts(
    """consent, gdpr, dsgvo, rgpd, einwilligung, datenschutz, consentement, consentimiento, consenso, consentimento,
    toestemming, zgoda, souhlas, suhlas, hozzajarul, acord, samtycke, samtykke, suostumus, onay, izin, rodo, lgpd, avg,
    согласие, згода, 同意, 동의, موافقة, הסכמה"""
)
"""Consent to something: kept as a property, since nobody can tell what it permits."""

SWITCHED_ON = word_set(
    "active enabled aktiv aktiviert actif active activo attivo ativo actief aktywny aktif активен 有効 활성"
)
SWITCHED_OFF = word_set("inactive disabled deactivated blocked suspended inaktiv deaktiviert inactif inactivo gesperrt")
"""Whole headers that are no consent: a customer whose account is closed may still read the newsletter."""

OTHER_CHANNEL = word_set(
    """sms mms text texts texting phone call calls calling telephone telefon telefonisch telefono telefoon tel
    whatsapp whats wa viber telegram line wechat messenger push fax post postal postalisch postversand mailings letter
    letters mobile handy telefonu poczta web cookie cookies tracking track profiling third party parties partner
    partners offres partenaires terms privacy conditions policy photo photos image voice contact robocall direct
    mailchimp anruf brief poste postale llamada llamadas sms선택 문자 電話 短信 短訊 簡訊"""
)
"""Consent to these is not consent to email."""

OF_EMAIL = word_set(
    """email emails mail mails newsletter newsletters marketing bulk mailing courriel courriels correo correos
    boletin nieuwsbrief nyhetsbrev"""
)

DETAILS = word_set(
    """reason reasons grund campaign kampagne source ip id ids title method count counts url urls link links by
    type text form page code rate total number num mode lists name names note notes message token country
    region grunde motivo motif raison quelle comment comments feedback survey key device browser agent page
    topics preferences categories category version wording language other location user admin channel"""
)
"""Beside one of these a header tells a detail of consent, not the consent."""

TIMES = word_set(
    """at on date time datetime timestamp ts dt when since day datum zeit am zeitpunkt le date heure fecha el hora
    data em il dnia czas dne den op tijd dato kl datumas kuupaev data дата время когда час 日 日時 日期 时间 時間 날짜
    일시 일 تاريخ תאריך tarihi zaman tanggal ngày"""
)
"""Beside one of these it is when it was given or withdrawn."""

NEGATIONS = word_set(
    """not no non never nor without un nicht kein keine keinen nie ne pas aucun sans jamais sin nunca senza mai sem
    nao niet geen nooit bez ikke inte ingen ei не нет без нельзя 不 未 没 非 無 不要 안 못"""
)
"""Words that turn a sense round. Where they stand in no phrase that is known whole, the sense is doubtful."""
