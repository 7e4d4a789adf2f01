// What a vault holds, decrypted. The shapes are those of Bitwarden's JSON export, so that
// an export is JSON.stringify and an import of one is a check.

export const ItemType = { login: 1, note: 2, card: 3, identity: 4, sshKey: 5 } as const;
export type ItemType = (typeof ItemType)[keyof typeof ItemType];

/** 0 text, 1 hidden, 2 boolean ("true"/"false"), 3 linked to another field. */
export type FieldType = 0 | 1 | 2 | 3;
export type Field = { name: string; value: string; type: FieldType; linkedId?: number | null };

/** match: null default, 0 domain, 1 host, 2 starts with, 3 exact, 4 regular expression, 5 never. */
export type Uri = { uri: string; match?: number | null };

export type Passkey = {
  credentialId: string;
  keyType: string;
  keyAlgorithm: string;
  keyCurve: string;
  keyValue: string;
  rpId: string;
  userHandle: string;
  userName: string;
  counter: string;
  rpName: string;
  userDisplayName: string;
  discoverable: string;
  creationDate: string;
};

export type Login = {
  username: string;
  password: string;
  totp: string;
  uris: Uri[];
  passwordRevisionDate?: string | null;
  fido2Credentials?: Passkey[];
};

export const cardFields = ['cardholderName', 'brand', 'number', 'expMonth', 'expYear', 'code'] as const;
export type Card = Record<(typeof cardFields)[number], string>;

export const identityFields = [
  'title',
  'firstName',
  'middleName',
  'lastName',
  'username',
  'company',
  'ssn',
  'passportNumber',
  'licenseNumber',
  'email',
  'phone',
  'address1',
  'address2',
  'address3',
  'city',
  'state',
  'postalCode',
  'country',
] as const;
export type Identity = Record<(typeof identityFields)[number], string>;

export type SshKey = { privateKey: string; publicKey: string; keyFingerprint: string };
export type OldPassword = { password: string; lastUsedDate: string };

/** What a person writes; everything else about an item the server knows. Absent texts are ''. */
export type Content = {
  type: ItemType;
  name: string;
  notes: string;
  favorite: boolean;
  /** 1 asks for the master password before the item is shown. */
  reprompt: 0 | 1;
  fields: Field[];
  passwordHistory: OldPassword[];
  login?: Login;
  card?: Card;
  identity?: Identity;
  sshKey?: SshKey;
};

export type Attachment = { id: string; fileName: string; size: number };

export type Item = Content & {
  id: string;
  folderId: string | null;
  attachments: Attachment[];
  creationDate: string;
  revisionDate: string;
  deletedDate: string | null;
  archivedDate: string | null;
};

export type Folder = { id: string; name: string };

export function emptyContent(type: ItemType): Content {
  const c: Content = { type, name: '', notes: '', favorite: false, reprompt: 0, fields: [], passwordHistory: [] };
  if (type === ItemType.login) c.login = { username: '', password: '', totp: '', uris: [] };
  if (type === ItemType.card) c.card = Object.fromEntries(cardFields.map((f) => [f, ''])) as Card;
  if (type === ItemType.identity) c.identity = Object.fromEntries(identityFields.map((f) => [f, ''])) as Identity;
  if (type === ItemType.sshKey) c.sshKey = { privateKey: '', publicKey: '', keyFingerprint: '' };
  return c;
}
