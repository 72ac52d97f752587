import { ApiCheck, AssertionBuilder, CheckGroupV2, TcpMonitor } from 'checkly/constructs';

if (process.env.WITH_FAILING) {
  const group = new CheckGroupV2('failing', { name: 'Failing', tags: ['failing'], locations: ['eu-central-1'] });

  new ApiCheck('wrong-api', {
    name: 'Wrong API',
    group,
    tags: ['wrong'],
    request: {
      method: 'GET',
      url: process.env.HOME_API_URL!,
      assertions: [AssertionBuilder.statusCode().equals(201)],
    },
  });

  new TcpMonitor('tcp', { name: 'TCP', group, request: { hostname: '127.0.0.1', port: 1 } });
}
