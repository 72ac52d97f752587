import { expect } from '@playwright/test';
import { test } from '../page';

test('the page is released some day', async ({ page, address }) => {
  await page.goto(address);
  await expect(page.locator('#state')).toHaveText('released', { timeout: 0 });
});
