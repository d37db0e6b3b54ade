export default { initialize() {}, render() {} };
