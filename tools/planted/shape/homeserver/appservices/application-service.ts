export interface ApplicationService {
  id: string;
}
