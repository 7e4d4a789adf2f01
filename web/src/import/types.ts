import type { Content } from '../worker/model';

/** A file that came with an imported item: its bytes are kept until they are uploaded. */
export type ImportFile = { name: string; bytes: Uint8Array };

export type ImportItem = Content & {
  /** The folder's full path, parts joined by '/', '' for none. */
  folder: string;
  files: ImportFile[];
  archived?: boolean;
  deleted?: boolean;
};

/** Something that cannot come over, said once a kind with how often it occurred. */
export type Problem = { code: ProblemCode; count: number; example: string };
export type ProblemCode =
  | 'type-unknown' // a kind of entry that has no counterpart here (example: its kind)
  | 'field-dropped' // a member that has no place here (example: its name)
  | 'file-dropped' // an attachment that the file names but does not hold
  | 'row-skipped' // a row without anything in it
  | 'folder-only' // an empty folder
  | 'shared' // an item of an organization or shared vault, taken as an own one
  | 'date-unreadable'
  | 'moved-to-file'; // a text longer than its place, kept as an attached file (example: item and name)

export type Imported = { items: ImportItem[]; folders: string[]; problems: Problem[] };

export type Source =
  | 'bitwarden-json'
  | 'bitwarden-csv'
  | 'bitwarden-encrypted'
  | 'strongroom-csv'
  | 'chrome-csv'
  | 'firefox-csv'
  | 'safari-csv'
  | 'keepass-xml'
  | 'keepass-kdbx'
  | '1password-1pux'
  | '1password-csv'
  | 'lastpass-csv'
  | 'proton'
  | 'nordpass-csv';

/**
 * Why a file could not be read. code: 'unknown-format' | 'password-needed' | 'password-wrong' |
 * 'malformed' | 'account-restricted' | 'too-large'; where: a line, member or entry that is to blame.
 */
export class ImportError extends Error {
  constructor(
    readonly code:
      'unknown-format' | 'password-needed' | 'password-wrong' | 'malformed' | 'account-restricted' | 'too-large',
    readonly where = '',
  ) {
    super(where ? `${code}: ${where}` : code);
  }
}
