# ruff: noqa: RUF001 - words of many scripts
"""The words of consent in the exports of common products, in the major languages.

A word that is not listed fails its row: a guess could email somebody who opted out. Words are compared ignoring case,
accents, spaces, underscores and hyphens; a test checks that the lists are disjoint.
"""

from __future__ import annotations

from contact_pipelines.models import ContactStatus

_SUBSCRIBED = """
subscribed; subscriber; subscribe; opted in; opt in; double opt in; single opt in; active subscriber; consented;
abonniert; angemeldet; eingewilligt; abonné; abonnée; inscrit; inscrite; suscrito; suscrita; suscripto; alta;
iscritto; iscritta; inscrito; inscrita; assinante; ingeschreven; aangemeld; zapisany; zapisana; подписан; подписана;
abone; prenumerant; tilmeldt; påmeldt; tilaaja; přihlášen; feliratkozott; abonat; εγγεγραμμένος; 已订阅; 已訂閱; 订阅中;
購読中; 配信中; 구독; 구독중; 구독함; مشترك; सदस्यता ली; berlangganan
"""
_SWITCHED_ON = """
active; enabled; confirmed; granted; accepted; express; explicit; implicit; aktiv; bestätigt; bestaetigt; actif;
confirmé; activo; activa; confirmado; attivo; attiva; confermato; ativo; ativa; actief; bevestigd; aktywny; aktywna;
активен; активна; активный; подтвержден; aktif; 活跃; 有効; 登録済み; 활성; نشط
"""

_UNSUBSCRIBED = """
unsubscribed; unsubscribe; unsubscriber; opted out; opt out; blocklisted; blacklisted; blacklist; blocklist; blocked;
suppressed; archived; not subscribed; non subscribed; never subscribed; no consent; transactional; transactional only;
do not email; do not mail; do not contact; dnc; global unsubscribe; globally unsubscribed; unsubscribed by admin;
admin unsubscribed; self unsubscribed; manually unsubscribed; unsubscribed from all; opted out of email;
abgemeldet; abbestellt; ausgetragen; gesperrt; nicht abonniert; désabonné; désabonnée; désinscrit; désinscrite;
non abonné; bloqué; desuscrito; desuscrita; baja; dado de baja; no suscrito; bloqueado; disiscritto; disiscritta;
non iscritto; bloccato; desinscrito; desinscrita; descadastrado; descadastrada; não inscrito; uitgeschreven;
afgemeld; niet ingeschreven; geblokkeerd; wypisany; wypisana; zablokowany; отписан; отписана; отписался; отписалась;
не подписан; заблокирован; abonelikten çıktı; avregistrerad; avmeldt; afmeldt; odhlášen; leiratkozott; dezabonat;
διαγραμμένος; 已退订; 已退訂; 退订; 未订阅; 未訂閱; 配信停止; 退会; 登録解除; 購読解除; 未購読;
구독취소; 구독해지; 수신거부; غير مشترك; सदस्यता समाप्त; berhenti berlangganan
"""
_SWITCHED_OFF = """
inactive; disabled; deactivated; removed; deleted; pending; unconfirmed; not confirmed; pending confirmation;
awaiting confirmation; waiting; temp hold; on hold; not set; unknown; withdrawn; revoked; denied; declined; rejected;
expired; cancelled; canceled; inaktiv; deaktiviert; ausstehend; unbestätigt; unbestaetigt; gelöscht; inactif;
désactivé; en attente; non confirmé; supprimé; inactivo; inactiva; desactivado; cancelado; cancelada; pendiente;
no confirmado; eliminado; inattivo; disattivato; cancellato; cancellata; in attesa; inativo; inativa; desativado;
pendente; removido; excluído; inactief; in afwachting; nieaktywny; nieaktywna; niepotwierdzony; oczekujący; неактивный;
неактивен; отключен; не подтвержден; ожидает; pasif; 不活跃; 待确认; 無効; 未確認; 停止; 解除; 비활성; 대기;
غير نشط; ملغي
"""

_BOUNCED = """
bounced; bounce; hard bounce; hard bounced; soft bounce; soft bounced; cleaned; invalid; invalid email; undelivered;
undeliverable; mailer error; dead; failed; not deliverable; non existent; rebotado; rebote; rimbalzato; rejeté;
unzustellbar; zurückgewiesen; devolvido; недоставлено; 退信; 不達; エラー; 반송
"""
_COMPLAINED = """
complained; complaint; spam; spam complaint; spam report; abuse; abuse complaint; abuse report; reported spam;
reported as spam; marked as spam; marked spam; junk; feedback loop; fbl; beschwerde; plainte; queja; reclamo;
reclamação; segnalato come spam; жалоба; спам; 投诉; 迷惑メール; 스팸
"""

_YES = """
yes; y; true; t; 1; 1.0; on; x; ok; checked; ✓; ✔; ☑; ✅; ○; ◯; ja; j; wahr; oui; vrai; sí; si; sì; s; verdadero; vero;
sim; verdadeiro; да; д; истина; так; tak; prawda; ano; áno; igen; igaz; da; ναι; evet; doğru; כן; نعم; صحيح; हाँ; हां;
kyllä; tosi; sant; sann; jah; taip; jā; waar; ya; có; ใช่; はい; 有; 是; 对; 真; 예; 네
"""
_NO = """
no; n; false; f; 0; 0.0; off; unchecked; ✗; ✘; ×; ✕; ✖; ❌; ☐; nein; falsch; non; faux; falso; não; нет; н; ложь; ні;
nie; fałsz; ne; nepravda; nem; hamis; nu; fals; όχι; hayır; yanlış; לא; لا; خطأ; नहीं; ei; epätosi; nej; nei; falsk;
nee; onwaar; tidak; không; ไม่; いいえ; 無; 无; 否; 不; 不是; 偽; 假; 아니요; 아니오
"""
_NOTHING = "null; none; n/a; na; nan; nil; undefined; -; --"


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of one of the lists above."""
    return tuple(word.strip() for word in text.split(";"))


STATUS_WORDS: dict[ContactStatus, tuple[str, ...]] = {
    ContactStatus.SUBSCRIBED: words_of(_SUBSCRIBED),
    ContactStatus.UNSUBSCRIBED: words_of(_UNSUBSCRIBED),
    ContactStatus.BOUNCED: words_of(_BOUNCED),
    ContactStatus.COMPLAINED: words_of(_COMPLAINED),
}
"""Words that name a status wherever they stand. Who has not confirmed, or is suppressed, may not be mailed."""

SWITCH_WORDS: dict[ContactStatus, tuple[str, ...]] = {
    ContactStatus.SUBSCRIBED: words_of(_SWITCHED_ON),
    ContactStatus.UNSUBSCRIBED: words_of(_SWITCHED_OFF),
}
"""Words that are said of the contact in a status column, but of the opt-out itself in an opt-out column."""

YES_WORDS, NO_WORDS = words_of(_YES), words_of(_NO)
"""Answers, for columns that ask: opted out? may we write?"""
NOTHING_WORDS = words_of(_NOTHING)
"""What programs write for an empty cell."""
