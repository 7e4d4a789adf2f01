// 1PUX and Proton Pass: JSON in an archive with the files that items hold.
import { strToU8, zipSync } from 'fflate';
import { hard, multiline, png, ssh } from './values.js';

const text = (title, id, value, kind = 'string') => ({ title, id, value: { [kind]: value }, indexAtSource: 0, guarded: false, multiline: false });
const section = (title, ...fields) => ({ title, name: title.toLowerCase(), fields });
const item = (n, categoryUuid, title, details, overview = {}, rest = {}) => ({
  uuid: `item${n}`, favIndex: 0, createdAt: 1614298956, updatedAt: 1635346445, state: 'active', categoryUuid,
  details: { loginFields: [], notesPlain: '', sections: [], passwordHistory: [], ...details },
  overview: { subtitle: '', urls: null, title, url: '', ps: 0, pbe: 0, pgrng: false, tags: [], ...overview },
  ...rest,
});
const login = (user, password) => [
  { value: user, id: 'u', name: 'username', fieldType: 'T', designation: 'username' },
  { value: password, id: 'p', name: 'password', fieldType: 'P', designation: 'password' },
];

export const onePassword = {
  accounts: [
    {
      attrs: { accountName: 'Anna Müller', name: 'Anna Müller', avatar: '', email: 'anna@example.com', uuid: 'ACC', domain: 'https://my.example.com/' },
      vaults: [
        {
          attrs: { uuid: 'V1', desc: '', avatar: '', name: 'Personal', type: 'P' },
          items: [
            item(1, '001', 'Dropbox', {
              loginFields: [...login('anna', hard), { value: 'on', id: 'x', name: 'remember', fieldType: 'C', designation: '' }, { value: 'Köln', id: 'y', name: 'city', fieldType: 'T', designation: '' }],
              notesPlain: multiline,
              sections: [section('Security', text('one-time password', 'TOTP_1', 'otpauth://totp/Dropbox?secret=JBSWY3DPEHPK3PXP', 'totp'), text('PIN', 'pin', '0042', 'concealed'), text('since', 'since', 1577836800, 'date'), text('paper', 'paper', { fileName: 'codes ü.txt', documentId: 'doc1', decryptedSize: 9 }, 'file'))],
              passwordHistory: [{ value: 'older', time: 1577836800 }],
            }, { urls: [{ label: 'website', url: 'https://dropbox.example.com/' }, { label: '', url: 'https://www.dropbox.example.com/' }], url: 'https://dropbox.example.com/', tags: ['Cloud/Files', 'Work'] }, { favIndex: 1 }),
            item(2, '002', 'Gold card', { sections: [section('', text('cardholder name', 'cardholder', 'Anna Müller'), text('type', 'type', 'mc', 'creditCardType'), text('number', 'ccnum', '5555555555554444', 'creditCardNumber'), text('verification number', 'cvv', '321', 'concealed'), text('expiry date', 'expiry', 203103, 'monthYear'), text('valid from', 'validFrom', 202103, 'monthYear'), text('PIN', 'pin', '1111', 'concealed'))] }),
            item(3, '003', 'Note', { notesPlain: 'roses' }, {}, { state: 'archived' }),
            item(4, '004', 'Me', { sections: [section('Identification', text('first name', 'firstname', 'Anna'), text('initial', 'initial', 'B'), text('last name', 'lastname', 'Müller'), text('birth date', 'birthdate', 315532800, 'date')), section('Address', text('address', 'address', { street: 'Ring 1', city: 'Köln', country: 'de', zip: '50667', state: 'NRW' }, 'address'), text('default phone', 'defphone', '+49221', 'phone')), section('Internet', text('email', 'email', { email_address: 'anna@example.com', provider: null }, 'email'))] }),
          ],
        },
        {
          attrs: { uuid: 'V2', desc: '', avatar: '', name: 'Team/Shared', type: 'E' },
          items: [
            item(5, '005', 'Bare password', { password: 'bare' }),
            item(6, '006', 'Contract', { documentAttributes: { fileName: 'contract.png', documentId: 'doc2', decryptedSize: png.length } }),
            item(7, '114', 'Deploy key', { sections: [section('', text('private key', 'private_key', { privateKey: ssh.privateKey, metadata: { privateKey: ssh.privateKey, publicKey: ssh.publicKey, fingerprint: ssh.fingerprint, keyType: 'ed25519' } }, 'sshKey'))] }),
            item(8, '106', 'Passport', { sections: [section('', text('number', 'number', 'C01X00T47'), text('expires', 'expiry_date', 1893456000, 'date'), text('scan', 'scan', { fileName: 'lost.pdf', documentId: 'doc9', decryptedSize: 1 }, 'file'))] }, {}, { state: 'trashed' }),
            item(9, '110', 'Server', { sections: [section('', text('URL', 'url', 'ssh://db.example.com'), text('username', 'username', 'root'), text('password', 'password', 'toor', 'concealed'), text('related', 'r', 'item1', 'reference'))] }),
          ],
        },
      ],
    },
  ],
};

const mtime = new Date(2024, 0, 1);
export const onePux = () =>
  zipSync({
    'export.attributes': strToU8(JSON.stringify({ version: 3, description: '1Password Unencrypted Export', createdAt: 1635347050 })),
    'export.data': strToU8(JSON.stringify(onePassword)),
    'files/doc1__codes ü.txt': strToU8('1111 2222'),
    'files/doc2__contract.png': png,
  }, { mtime });

const protonItem = (type, name, content, rest = {}, extraFields = []) => ({
  itemId: name, shareId: 'share', aliasEmail: null, contentFormatVersion: 7, createTime: 1700000000, modifyTime: 1700000001, state: 1, pinned: false, shareCount: 0, files: [],
  ...rest,
  data: { metadata: { name, note: rest.note ?? '', itemUuid: 'u' }, extraFields, platformSpecific: rest.platformSpecific ?? null, type, content },
});

export const proton = {
  encrypted: false, userId: 'user', version: '1.31.0',
  vaults: {
    share1: {
      name: 'Personal', description: '', display: { color: 0, icon: 0 },
      items: [
        protonItem('login', 'Shop', { itemEmail: 'anna@example.com', itemUsername: 'anna', password: hard, urls: ['https://shop.example.com/', 'https://shop.example.org/'], totpUri: 'otpauth://totp/Shop?secret=JBSWY3DPEHPK3PXP&algorithm=SHA512&digits=8', passkeys: [{ keyId: 'k', domain: 'shop.example.com', rpId: 'shop.example.com', content: 'AAAA' }] },
          { pinned: true, note: multiline, files: ['receipt.png', 'lost.pdf'], platformSpecific: { android: { allowedApps: [{ packageName: 'com.example.shop', hashes: [], appName: 'Shop' }] } } },
          [{ fieldName: 'PIN', type: 'hidden', data: { content: '0042' } }, { fieldName: 'colour', type: 'text', data: { content: 'blau' } }, { fieldName: 'second code', type: 'totp', data: { totpUri: 'JBSWY3DPEHPK3PXQ' } }]),
        protonItem('alias', 'News', {}, { aliasEmail: 'news.k4d@alias.example.com' }),
        protonItem('creditCard', 'Card', { cardholderName: 'Anna Müller', cardType: 0, number: '4111111111111111', verificationNumber: '123', expirationDate: '2031-03', pin: '9876' }),
        protonItem('note', 'Poem', {}, { note: 'roses', state: 2 }),
      ],
    },
    share2: {
      name: 'Work', description: '', display: {},
      items: [
        protonItem('identity', 'Me', { fullName: 'Anna B Müller', email: 'anna@example.com', phoneNumber: '+49221', firstName: 'Anna', middleName: 'B', lastName: 'Müller', organization: 'Example GmbH', streetAddress: 'Ring 1', zipOrPostalCode: '50667', city: 'Köln', stateOrProvince: 'NRW', countryOrRegion: 'DE', socialSecurityNumber: '12 345', passportNumber: 'C01', licenseNumber: 'B072', website: 'https://anna.example.com', extraPersonalDetails: [{ fieldName: 'shoe size', type: 'text', data: { content: '39' } }], extraSections: [{ sectionName: 'Clubs', sectionFields: [{ fieldName: 'chess', type: 'hidden', data: { content: 'member 7' } }] }] }, { shareCount: 2 }),
        protonItem('sshKey', 'Deploy key', { privateKey: ssh.privateKey, publicKey: ssh.publicKey, sections: [] }),
        protonItem('wifi', 'Home net', { ssid: 'home', password: 'wifi-pass', security: 2, sections: [] }),
      ],
    },
  },
};

export const protonZip = () => zipSync({ 'Proton Pass/data.json': strToU8(JSON.stringify(proton)), 'Proton Pass/files/receipt.png': png }, { mtime });

/** 300 MB of zeros in 300 KB. */
export const bomb = () => zipSync({ 'export.data': [new Uint8Array(300 * 1024 * 1024), { level: 9 }] }, { mtime });
