// Only the icons that are used reach the bundle, as path data: no icon font, no markup from strings.
import { readFileSync, writeFileSync } from 'node:fs';

const names =
  `archive arrow-clockwise arrow-counterclockwise arrow-left arrow-right box-arrow-right box-arrow-up-right check-lg chevron-down chevron-right clipboard
  clock clock-history cloud-slash code-slash command credit-card dice-5 download exclamation-triangle eye eye-slash file-earmark file-earmark-arrow-up
  fingerprint folder folder-plus gear globe heart-pulse house hourglass-split info-circle journal-text key laptop link-45deg list lock moon palette paperclip
  pencil people person phone plus-lg printer question-circle safe search send shield-check shield-lock star star-fill sticky sun terminal three-dots trash
  translate unlock upload x-lg`.split(/\s+/);

const lines = names.map((n) => {
  const svg = readFileSync(`node_modules/bootstrap-icons/icons/${n}.svg`, 'utf8');
  const paths = [...svg.matchAll(/ d="([^"]+)"/g)].map((m) => JSON.stringify(m[1]));
  if (paths.length === 0) throw new Error(`icon ${n} has no path`);
  return `  '${n}': [${paths.join(', ')}],`;
});
writeFileSync(
  'src/lib/icons.ts',
  `// Made by scripts/icons.js of bootstrap-icons (MIT).\nexport const icons = {\n${lines.join('\n')}\n} as const;\nexport type IconName = keyof typeof icons;\n`,
);
