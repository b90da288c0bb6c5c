"""Words of things in a header that have names, states and addresses of their own: orders, products, messages."""

from __future__ import annotations

from collections.abc import Collection

from contact_pipelines.imports.columns.headers import word_set

BUSINESS_OF_ITS_OWN = word_set(
    """event events deal deals opportunity campaign shipment task tasks plan approval project case issue txn
    confirmation listing listings listed earnings amount gross pledge sku quantity qty price arrival
    departure rsvp policy course enrollment consignment consignee vessel eta cargo container flight parcel
    claim redeemed coupon voucher charge charged renewal trial subtotal grand increment checkout balance
    application property delinquent evento veranstaltung"""
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
    "contrat", "contract", "vertrag", "umow", "smlouv", "договор", "sozlesme", "szerzod", "dossier",
    "支付", "付款", "预订", "預訂", "預約", "注文", "予約", "支払", "決済", "주문", "예약",
    "결제", "الطلب", "الحجز", "الدفع", "הזמנה", "תשלום", "đơn hàng", "đặt phòng", "ऑर्डर", "भुगतान",
    "คำสั่งซื้อ", "การจอง",
)  # fmt: skip
"""The same as beginnings of words, for languages that compound or inflect them."""


def is_business(parts: Collection[str]) -> bool:
    """Whether a header is about an order or the like. "UTM campaign" and "Lead score" are about the contact."""
    if not BUSINESS_OF_ITS_OWN.isdisjoint(parts):
        return "utm" not in parts
    return any(part.startswith(BUSINESS_STEMS) for part in parts)


NEVER_SUBJECTS = word_set(
    """email emails mail mails phone phones name names id ids date time type status state client address
    addresses last first next previous prior old new former original welcome confirmation confirm reminder
    sent send sending support reply noreply return bounce bounced bounces opened opens clicked clicks click
    open verified valid invalid verification validation validated test total count number no nr product
    products item items venue hotel school store shop bank project department dept office brand domain
    branch list segment employer carrier agency hospital clinic restaurant insurance supplier manufacturer
    service services location site server system app application website web ip url page form source medium
    utm content template body message bcc cc from in out per is has are was can do does did not unsubscribe
    subscribe consent opt sms marketing middle nick nickname maiden file user agent model make line building
    street room plan program programme class course grade currency amount price cost fee tax vat bic iban
    account payment card pet animal dog cat vehicle device produkt produto producto prodotto produit artikel
    schule ecole escuela scuola escola szkola filiale lieferant fournisseur proveedor fornitore fornecedor
    leverancier banque banca banco magasin tienda negozio loja winkel sklep datum fecha data typ tipo soort
    vorige letzte letzter derniere dernier ultimo ultima letztes laatste ostatni последний последняя товар
    товара магазин школа школы банк банка 商品 产品 學校 学校 銀行 银行 店舗 店铺 versendet gesendet
    verschickt geoeffnet geklickt betreff vorlage envoye ouvert clique objet enviado enviada abierto asunto
    inviato inviata aperto aperta oggetto aberto assunto verzonden geopend onderwerp wyslano wyslany otwarto
    temat отправлено отправлен отправлена открыто прочитано тема россии 送信 開封 件名 配信 本文 送信日 开封
    发送 打开 状态 类型 主题 發送 狀態 主旨 발송 제목 열람 상태 유형 상품 학교 은행 매장 اخر آخر المدرسة
    المنتج"""
)
"""Words beside an address or a name that are no person: things, times, and what was done with an email."""
