"""Headers of what must never be kept: passwords, keys, recovery addresses, card and social security numbers.

Such a column is never mapped to anything, whatever its values are and whoever asks for it.
"""

from __future__ import annotations

from contact_pipelines.imports.columns.headers import compact, phrase_set, word_set

REASON = "a password or another secret is never imported"

_WORDS = word_set(
    """password passwords passwort kennwort passphrase passcode pwd passwd contrasena contrasenya
    motdepasse mdp senha wachtwoord haslo heslo losenord losen adgangskode kodeord passord lykilord sifre
    lozinka geslo salasana parool slaptazodis fjalekalimi jelszo nenosiri wagwoord katasandi katalaluan
    пароль пароли парола лозинка паролі סיסמה סיסמא
    密码 密碼 口令 パスワード 暗証番号 비밀번호 암호 گذرواژه پاسورڈ
    पासवर्ड পাসওয়ার্ড கடவுச்சொல் పాస్‌వర్డ్ પાસવર્ડ ಪಾಸ್‌ವರ್ಡ್ പാസ്‌വേഡ് ਪਾਸਵਰਡ รหัสผ่าน գաղտնաբառ პაროლი
    token tokens secret secrets apikey otp totp mfa pin recovery cvv cvc ssn salt hash"""
)
_WHOLE_HEADERS = word_set("clave pass pw parola sifra sandi шифра")
"""Words that are a password only by themselves: "Clave de cliente" and "Šifra kupca" are a customer's number."""

_PHRASES = phrase_set(
    """mot de passe, mots de passe, palavra passe, codigo secreto, palabra secreta, user pass,
    2fa, api key, private key, access key, secret key, ssh key, encryption key, license key, rp token, backup codes,
    security question, security answer, secret question, secret answer, two factor, pass word, pass phrase,
    pregunta secreta, respuesta secreta, pregunta de seguridad, respuesta de seguridad, question secrete,
    reponse secrete, question de securite, reponse de securite, sicherheitsfrage, sicherheitsantwort,
    domanda segreta, risposta segreta, pergunta secreta, resposta secreta,
    social security, credit card, card number, cc number, kreditkarte, kreditkartennummer, numero de tarjeta,
    numero de carte, kata sandi, kata laluan, mật khẩu, κωδικός πρόσβασης, кодовое слово, контрольный вопрос,
    секретный вопрос, كلمة المرور, كلمة السر, رمز عبور, رمز المرور, پاس ورڈ, clave de acceso, codigo de acceso,
    parola d ordine, parola chiave"""
)
_ANYWHERE = (
    "password", "passwort", "kennwort", "passwd", "密码", "密碼", "パスワード", "暗証", "비밀번호", "รหัสผ่าน",
    "秘密の質問", "安全问题",
)  # fmt: skip
"""Parts of a header that make it secret even inside a longer word."""

_OTHER_CARDS = word_set("loyalty member membership gift library patient guest club punch bonus reward rewards")
"""Beside one of these a "card number" is no bank card."""


def is_secret(parts: tuple[str, ...]) -> bool:
    """Whether the words of a header say that its column holds a secret."""
    if not _WORDS.isdisjoint(parts) or any(part in compact(parts) for part in _ANYWHERE):
        return True
    if len(parts) == 1 and parts[0] in _WHOLE_HEADERS:
        return True
    runs = {compact(parts[start:end]) for start in range(len(parts)) for end in range(start + 1, start + 4)}
    return not _PHRASES.isdisjoint(runs) and _OTHER_CARDS.isdisjoint(parts)
