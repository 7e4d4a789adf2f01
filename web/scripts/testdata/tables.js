// The CSV files: browsers, the old program, Bitwarden, 1Password, LastPass, Proton, NordPass.
import { csv, hard, multiline, ssh } from './values.js';

const many = (cell) => JSON.stringify(cell);

export const tables = {
  'old-program.csv': csv([
    ['id', 'service', 'url', 'username', 'password'],
    ['1', 'Post office', 'https://post.example.com/login', 'anna', hard],
    ['2', 'Router', 'http://192.168.1.1', 'admin', '=1+1'],
    ['3', 'Übersetzer 翻訳', '', 'müller', 'pässwörd'],
    ['', '', '', '', ''],
  ]),
  'chrome.csv': csv([
    ['name', 'url', 'username', 'password', 'note'],
    ['shop.example.com', 'https://shop.example.com/account?next=%2F', 'anna@example.com', hard, multiline],
    ['Bank app', 'android://kT3hB0vQ==@com.example.bank/', 'anna', 'correct horse', ''],
    ['', 'https://nameless.example.com/', '', 'only-a-password', ''],
  ], ',', '\n'),
  'firefox.csv': csv([
    ['url', 'username', 'password', 'httpRealm', 'formActionOrigin', 'guid', 'timeCreated', 'timeLastUsed', 'timePasswordChanged'],
    ['https://forum.example.org', 'anna', hard, '', 'https://login.example.org', '{3f1e0a7c-0000-4000-8000-000000000001}', '1612137600000', '1699999999000', '1680307200000'],
    ['https://intranet.example.net', 'CORP\\anna', 'realm-pass', 'Staff only', '', '{3f1e0a7c-0000-4000-8000-000000000002}', '1612137600000', '1699999999000', 'soon'],
  ], ',', '\r\n').replace(/^\uFEFF?/, '\uFEFF'),
  'safari.csv': csv([
    ['Title', 'URL', 'Username', 'Password', 'Notes', 'OTPAuth'],
    ['example.com (anna)', 'https://example.com/', 'anna', hard, 'remember the cat', 'otpauth://totp/example.com:anna?secret=JBSWY3DPEHPK3PXP&issuer=example.com'],
    ['Wiki', 'https://wiki.example.com/', 'anna', 'plain', '', ''],
  ], ',', '\n'),
  'bitwarden.csv': csv([
    ['folder', 'favorite', 'type', 'name', 'notes', 'fields', 'reprompt', 'archivedDate', 'login_uri', 'login_username', 'login_password', 'login_totp'],
    ['Work/Clients', '1', 'login', 'Portal', multiline, 'PIN: 0042\nquestion: which: one?', '1', '', 'https://portal.example.com,https://portal.example.org/?a=1,2', 'anna', hard, 'JBSWY3DPEHPK3PXP'],
    ['', '', 'note', 'Alarm code', '4711', '', '0', '2025-02-03T04:05:06.000Z', '', '', '', ''],
    ['Work', '', 'card', 'Old card', '', 'number: 4111111111111111', '0', '', '', '', '', ''],
  ]),
  '1password.csv': csv([
    ['Title', 'Url', 'Username', 'Password', 'OTPAuth', 'Favorite', 'Archived', 'Tags', 'Notes'],
    ['Airline', 'https://air.example.com', 'anna', hard, 'otpauth://totp/Air?secret=JBSWY3DPEHPK3PXP&digits=8', 'true', 'false', 'Travel/Planes;Loyalty', multiline],
    ['Old forum', 'https://old.example.com', 'anna', 'gone', '', 'false', 'true', '', ''],
    ['Door', '', '', '', '', 'false', 'false', 'Home', 'the code is 1234'],
  ]),
  'lastpass.csv': csv([
    ['url', 'username', 'password', 'totp', 'extra', 'name', 'grouping', 'fav'],
    ['https://mail.example.com', 'anna@example.com', hard, 'JBSWY3DPEHPK3PXP', multiline, 'Mail', 'Private\\Mail', '1'],
    ['http://sn', '', '', '', 'NoteType:Credit Card\nLanguage:en-US\nName on Card:Anna Müller\nType:Visa\nNumber:4111111111111111\nSecurity Code:123\nStart Date:,\nExpiration Date:March,2031\nNotes:keep it\nsafe', 'Card', 'Money', '0'],
    ['http://sn', '', '', '', 'NoteType:Address\nLanguage:en-US\nTitle:Dr\nFirst Name:Anna\nMiddle Name:B\nLast Name:Müller\nUsername:anna\nGender:f\nCompany:Example GmbH\nAddress 1:Ring 1\nCity / Town:Köln\nState:NRW\nZip / Postal Code:50667\nCountry:DE\nEmail Address:anna@example.com\nPhone:{"num":"4922155501","ext":"7","cc3l":"DEU"}\nNotes:', 'Me', '', '0'],
    ['http://sn', '', '', '', `NoteType:SSH Key\nLanguage:en-US\nBit Strength:256\nFormat:ed25519\nPassphrase:none\nPrivate Key:${ssh.privateKey.trim()}\nPublic Key:${ssh.publicKey}\nHostname:git.example.com\nDate:\nNotes:`, 'Deploy key', 'Work', '0'],
    ['http://sn', '', '', '', 'NoteType:Wi-Fi Password\nLanguage:en-US\nSSID:home\nPassword:wifi-pass\nNotes:', 'Wifi', '', '0'],
    ['http://sn', '', '', '', 'just a text: with a colon', 'Plain note', '', '0'],
    ['https://team.example.com', 'team', 'shared', '', '', 'Team', 'Shared-Team\\Web', '0'],
    ['http://group', '', '', '', '', 'Empty', 'Private', '0'],
  ], ',', '\n'),
  'proton.csv': csv([
    ['type', 'name', 'url', 'email', 'username', 'password', 'note', 'totp', 'createTime', 'modifyTime', 'vault'],
    ['login', 'Shop', 'https://shop.example.com, https://m.shop.example.com', 'anna@example.com', 'anna', hard, multiline, 'otpauth://totp/Shop?secret=JBSWY3DPEHPK3PXP&algorithm=SHA256', '1700000000', '1700000001', 'Personal'],
    ['alias', 'News', '', 'news.k4d@alias.example.com', '', '', 'for letters', '', '1700000000', '1700000001', 'Personal'],
    ['creditCard', 'Card', '', '', '', '', many({ cardholderName: 'Anna Müller', cardType: 0, number: '5555555555554444', verificationNumber: '321', expirationDate: '112030', pin: '9876', note: 'blue' }), '', '1700000000', '1700000001', 'Personal'],
    ['identity', 'Me', '', '', '', '', many({ fullName: 'Anna Müller', email: 'anna@example.com', city: 'Köln', jobTitle: 'Engineer', note: '' }), '', '1700000000', '1700000001', 'Personal'],
    ['note', 'Poem', '', '', '', '', 'roses', '', '1700000000', '1700000001', 'Personal'],
  ], ',', '\n'),
  'nordpass.csv': csv([
    ['name', 'url', 'additional_urls', 'username', 'password', 'note', 'cardholdername', 'cardnumber', 'cvc', 'pin', 'expirydate', 'zipcode', 'folder', 'full_name', 'phone_number', 'email', 'address1', 'address2', 'city', 'country', 'state', 'type', 'custom_fields'],
    ['Work', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', 'folder', ''],
    ['Empty', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', 'folder', ''],
    ['Portal', 'https://portal.example.com', many(['https://portal.example.org', 'https://portal.example.com']), 'anna', hard, multiline, '', '', '', '', '', '', 'Work', '', '', '', '', '', '', '', '', 'password', many([{ label: 'Member', type: 'text', value: '12' }, { label: 'Secret', type: 'hidden', value: 's3' }])],
    ['Card', '', '', '', '', '', 'Anna Müller', '378282246310005', '1234', '5555', '04/29', '50667', '', '', '', '', '', '', '', '', '', 'credit_card', ''],
    ['Me', '', '', '', '', '', '', '', '', '', '', '50667', '', 'Anna Berta Müller', '+4922155501', 'anna@example.com', 'Ring 1', '2nd floor', 'Köln', 'DE', 'NRW', 'identity', ''],
    ['Note', '', '', '', '', 'text', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', 'note', ''],
    ['Pass', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', 'passport', many([{ label: 'Number', type: 'text', value: 'C01X00T47' }])],
  ], ',', '\n'),
};
