import { defineConfig } from 'checkly';

export default defineConfig({
  projectName: 'Shop',
  logicalId: 'shop',
  checks: {
    locations: ['eu-central-1'],
    checkMatch: '**/__checks__/**/*.check.ts',
    playwrightConfigPath: './playwright.config.ts',
    playwrightChecks: [
      {
        logicalId: 'checkout-suite',
        name: 'Checkout suite',
        frequency: 10,
        locations: ['eu-central-1'],
        installCommand: 'npm install --omit=dev --no-audit --no-fund',
      },
    ],
  },
  cli: { runLocation: 'eu-central-1' },
});
