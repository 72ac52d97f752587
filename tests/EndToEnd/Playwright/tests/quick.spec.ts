import { expect } from '@playwright/test';
import { test } from '../page';

test('the page shows the checkout', async ({ page, address }) => {
  await page.goto(address);
  await expect(page.getByRole('heading')).toHaveText('Checkout');
});
