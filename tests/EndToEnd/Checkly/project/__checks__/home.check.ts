import { ApiCheck, AssertionBuilder } from 'checkly/constructs';

new ApiCheck('home-api', {
  name: 'Home API',
  request: {
    method: 'GET',
    url: process.env.HOME_API_URL!,
    assertions: [AssertionBuilder.statusCode().equals(200)],
  },
});
