// Lighthouse's accessibility and best practices of the pages that a stranger can reach: node scripts/lighthouse.js URL
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

const url = process.argv[2];
if (!url) throw new Error('usage: node scripts/lighthouse.js https://localhost:8000');
const chromeFlags = [
  '--headless=new',
  '--no-sandbox',
  '--ignore-certificate-errors',
  '--disable-background-networking',
];
const chrome = await launch({ chromePath: process.env.CHROMIUM ?? '/usr/bin/chromium', chromeFlags });
let poor = 0;
for (const page of ['#/', '#/register', '#/setup', '#/device', '#/hint']) {
  const r = await lighthouse(`${url}/${page}`, {
    port: chrome.port,
    onlyCategories: ['accessibility', 'best-practices'],
    logLevel: 'error',
  });
  const scores = Object.values(r.lhr.categories).map((c) => `${c.title} ${Math.round(c.score * 100)}`);
  console.log(page.padEnd(12), scores.join(', '));
  for (const a of Object.values(r.lhr.audits)) {
    if (a.score === null || a.score === 1 || a.scoreDisplayMode !== 'binary') continue;
    console.log('  ', a.id, a.title);
    poor++;
  }
}
chrome.kill();
process.exit(poor ? 1 : 0);
